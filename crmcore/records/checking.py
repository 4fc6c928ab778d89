"""Checks documents against compiled JSON Schemas and says what is wrong in sentences."""

import difflib
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.records.formats import STANDARD_FORMATS, FormatCheck, format_checker
from crmcore.records.sentences import (
    FORMATS,
    KEYWORDS,
    OTHERWISE,
    REQUIRED_WITH,
    UNKNOWN_FIELD,
    UNSTORABLE,
    limit_in,
)

# NUL is refused by PostgreSQL, lone surrogates by UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LARGEST_INTEGER = 2**63 - 1

# A document with thousands of faults gets the first of them: each costs time, and nobody reads a hundred.
MAX_PROBLEMS = 50


def _linear(pattern: str) -> Any:
    """Return a check of ``pattern`` by an engine that takes linear time, whatever the pattern (``re`` does not)."""
    return jsonschema_rs.Draft202012Validator(
        {"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()
    )


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterable[ValidationError]:
    if isinstance(instance, str) and not _linear(pattern).is_valid(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any
) -> Iterable[ValidationError]:
    if not isinstance(instance, Mapping):
        return
    for pattern, below in patterns.items():
        engine = _linear(pattern)
        for name, value in instance.items():
            if engine.is_valid(name):
                yield from validator.descend(value, below, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, below: Any, instance: Any, schema: Any
) -> Iterable[ValidationError]:
    if not isinstance(instance, Mapping):
        return
    for name in _additional(instance, schema):
        if below is False:
            yield ValidationError("additional properties")
            return
        yield from validator.descend(instance[name], below, path=name)


def _additional(instance: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Return the names in ``instance`` that ``schema`` says nothing about by name or pattern."""
    engines = [_linear(pattern) for pattern in schema.get("patternProperties", ())]
    known = schema.get("properties", ())
    return [
        name
        for name in instance
        if name not in known and not any(engine.is_valid(name) for engine in engines)
    ]


_Explaining: Any = extend(
    Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    },
)


class CompiledSchema:
    """A schema made ready once and used for many documents.

    A valid document is recognised by jsonschema-rs (about a microsecond); only a refused one is gone through
    again with jsonschema, which is the contract, for its errors. ``formats`` are further ones beside the
    standard's, which nobody can redefine. ``resources`` are the other schemas that ``schema`` may refer to, by
    their URI: nothing is ever fetched.
    """

    def __init__(
        self,
        schema: JsonSchema,
        formats: Mapping[str, FormatCheck],
        *,
        resources: Mapping[str, JsonSchema] | None = None,
    ) -> None:
        self.schema = schema
        own = {name: check for name, check in formats.items() if name not in STANDARD_FORMATS}
        known = resources or {}
        self._fast = jsonschema_rs.Draft202012Validator(
            schema,
            formats=own,
            validate_formats=True,
            offline=True,
            registry=jsonschema_rs.Registry(list(known.items())) if known else None,
            pattern_options=jsonschema_rs.RegexOptions(),
        )
        registry: Registry[Any] = Registry()
        registry = registry.with_contents(known.items(), default_specification=DRAFT202012)
        self._explaining = _Explaining(schema, format_checker=format_checker(own), registry=registry)

    def problems(self, document: Any) -> list[Problem]:
        """Return everything wrong with ``document``, by path; empty when it is valid."""
        if self._fast.is_valid(document):
            return []
        explained = (found for error in self._explaining.iter_errors(document) for found in _explained(error))
        found = list(islice(explained, MAX_PROBLEMS)) or [self._unexplained(document)]
        return sorted(found, key=lambda problem: problem.path)

    def accepts(self, document: Any) -> tuple[bool, bool]:
        """Return what jsonschema-rs and what jsonschema say; they are to say the same."""
        return bool(self._fast.is_valid(document)), bool(self._explaining.is_valid(document))

    def _unexplained(self, document: Any) -> Problem:
        """Return the problem of a document that only jsonschema-rs refuses: refused it stays."""
        error = next(iter(self._fast.iter_errors(document)))
        code, sentence = OTHERWISE
        return Problem(
            path="".join(f"/{_pointer(part)}" for part in error.instance_path), code=code, message=sentence
        )


def _explained(error: ValidationError) -> Iterable[Problem]:
    path = "".join(f"/{_pointer(part)}" for part in error.absolute_path)
    keyword = str(error.validator)
    if keyword == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        code, sentence = KEYWORDS["required"]
        for name in missing:
            yield Problem(path=f"{path}/{_pointer(name)}", code=code, message=sentence)
        return
    if keyword == "dependentRequired":
        for name, others in error.validator_value.items():
            if name in error.instance:
                for other in (item for item in others if item not in error.instance):
                    params = {"name": name[:80]}
                    yield Problem(
                        path=f"{path}/{_pointer(other)}",
                        code="required",
                        message=REQUIRED_WITH,
                        params=params,
                    )
        return
    if keyword == "additionalProperties" and error.validator_value is False:
        known = list(error.schema.get("properties", ()))
        for name in _additional(error.instance, error.schema):
            yield unknown_field(path, name, known)
        return
    code, sentence = KEYWORDS.get(keyword, OTHERWISE)
    if keyword == "format":
        code, sentence = FORMATS.get(error.validator_value, (code, sentence))
    message: Label = {
        language: text.replace(
            "{limit}", limit_in(keyword, error.validator_value, language).replace("{", "{{")
        )
        for language, text in sentence.items()
    }
    yield Problem(path=path, code=code, message=message)


def unknown_field(path: str, name: str, known: Iterable[str]) -> Problem:
    """Return the problem of a field that does not exist, with the nearest name that does."""
    # Comparing costs the product of the lengths: names of a thousand characters are not compared.
    near = difflib.get_close_matches(name, list(known), n=1) if len(name) <= 60 else []
    message = {
        language: text.replace("{hint}", hint.format(near[0]) if near else "")
        for (language, text), hint in zip(
            UNKNOWN_FIELD.items(), ("; did you mean “{}”?", "; возможно, «{}»?"), strict=True
        )
    }
    return Problem(
        path=f"{path}/{_pointer(name[:200])}",
        code="unknown_field",
        message=message,
        params={"name": name[:80]},
    )


def _storable(value: Any) -> bool:
    """Tell that nothing in ``value`` can be refused; in doubt it does not."""
    left = [value]
    while left:
        item = left.pop()
        kind = type(item)
        if kind is str:
            if (not item.isascii() or "\x00" in item) and _UNSTORABLE.search(item):
                return False
        elif kind is dict:
            left += item.keys()
            left += item.values()
        elif kind is list:
            left += item
        elif item is not None and kind is not bool:
            return False
    return True


def unstorable(value: Any, path: str = "") -> list[Problem]:
    """Return a problem for each text or number in ``value`` that one of the databases would refuse."""
    return [] if _storable(value) else _unstorable(value, path)


def _unstorable(value: Any, path: str) -> list[Problem]:
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            return [Problem(path=path, code="unstorable", message=UNSTORABLE)]
        return []
    if isinstance(value, Mapping):
        return [
            problem
            for key, item in value.items()
            for problem in (*_unstorable(key, path), *_unstorable(item, f"{path}/{_pointer(str(key))}"))
        ]
    if isinstance(value, list | tuple):
        return [
            problem for index, item in enumerate(value) for problem in _unstorable(item, f"{path}/{index}")
        ]
    # Written so that NaN, which compares with nothing, is refused as well.
    if isinstance(value, int | float) and not -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER:
        code, sentence = KEYWORDS["maximum"]
        return [Problem(path=path, code=code, message=sentence, params={"limit": LARGEST_INTEGER})]
    return []


def _pointer(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
