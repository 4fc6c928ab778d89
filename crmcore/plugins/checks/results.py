"""Check what a hook returned against the annotation of the hook."""

import inspect
from typing import Any, get_args, get_origin

from crmcore.contracts.labels import Label
from crmcore.plugins import reasons
from crmcore.plugins.conformance import Conformance, Mismatch, type_name
from crmcore.plugins.specs import HookSpec
from crmcore.plugins.weight import ITEM_LIMIT, MOVE_LIMIT, too_heavy


def result_problem(spec: HookSpec, result: Any, conformance: Conformance) -> Label | None:
    """Return why ``result`` is not an answer to ``spec``, or None when it is one.

    Hooks that tell of events return nothing; whatever they return is ignored.
    """
    if spec.kind == "event" or result is None:
        return None if spec.kind != "register" or _optional(spec.returns) else _wrong(spec, result)
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        return reasons.asynchronous(spec.name)
    most = MOVE_LIMIT if spec.name == "merge_contacts" else ITEM_LIMIT
    if isinstance(result, (list, tuple)) and len(result) > most:
        return reasons.too_many(spec.name, len(result), most)
    if too_heavy(result):
        return reasons.too_large(spec.name)
    found = conformance.mismatch(result, spec.returns)
    return _worded(spec, found, result) if found else None


def value_problem(point: str, value: Any, annotation: Any, conformance: Conformance) -> Label | None:
    """Return why ``value``, returned at ``point`` by an object's function, is not an ``annotation``."""
    if too_heavy(value):
        return reasons.too_large(point)
    found = conformance.mismatch(value, annotation)
    return reasons.wrong_result(point, "", found.path, found.expected, found.found) if found else None


def _optional(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


def _wrong(spec: HookSpec, result: Any) -> Label:
    return reasons.wrong_result(spec.name, "", "", type_name(spec.returns), type(result).__name__)


def _worded(spec: HookSpec, found: Mismatch, result: Any) -> Label:
    """Name the item of a list by its key, so that the author finds it among its neighbours."""
    path, item = found.path, ""
    wanted = next(
        (part for part in (spec.returns, *get_args(spec.returns)) if get_origin(part) is list), None
    )
    if wanted is not None and path.startswith("["):
        index, _, path = path[1:].partition("]")
        path = path.lstrip(".")
        key = getattr(result[int(index)], "key", None)
        item = f" [{index}]" if not isinstance(key, str) else f" [{index}, “{key}”]"
    return reasons.wrong_result(spec.name, item, path, found.expected, found.found)
