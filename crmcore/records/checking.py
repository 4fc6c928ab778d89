"""Checks documents against compiled JSON Schemas and says what is wrong in sentences."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.records.sentences import KEYWORDS, OTHERWISE, UNKNOWN_FIELD, UNSTORABLE, limit_in

# NUL is refused by PostgreSQL, lone surrogates by UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LARGEST_INTEGER = 2**63 - 1

FormatCheck = Callable[[str], bool]

# A document with thousands of faults gets the first of them: each costs time, and nobody reads a hundred.
MAX_PROBLEMS = 50


def _linear_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterable[ValidationError]:
    """Check ``pattern`` with an engine that takes linear time, whatever the pattern (``re`` does not)."""
    if not isinstance(instance, str):
        return
    engine = jsonschema_rs.Draft202012Validator(
        {"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()
    )
    if not engine.is_valid(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Explaining: Any = extend(Draft202012Validator, {"pattern": _linear_pattern})


class CompiledSchema:
    """A schema made ready once and used for many documents.

    A valid document is recognised by jsonschema-rs (about a microsecond); only a refused one is gone through
    again with jsonschema, which is the contract, for its errors.
    """

    def __init__(self, schema: JsonSchema, formats: Mapping[str, FormatCheck]) -> None:
        self.schema = schema
        self._fast = jsonschema_rs.Draft202012Validator(
            schema,
            formats=dict(formats),
            validate_formats=True,
            offline=True,
            pattern_options=jsonschema_rs.RegexOptions(),
        )
        checker = FormatChecker(formats=())
        for name, check in formats.items():
            checker.checks(name)(lambda value, check=check: not isinstance(value, str) or check(value))
        self._explaining = _Explaining(schema, format_checker=checker)

    def problems(self, document: Any) -> list[Problem]:
        """Return everything wrong with ``document``, by path; empty when it is valid."""
        if self._fast.is_valid(document):
            return []
        explained = (found for error in self._explaining.iter_errors(document) for found in _explained(error))
        found = list(islice(explained, MAX_PROBLEMS))
        return sorted(found, key=lambda problem: problem.path)


def _explained(error: ValidationError) -> Iterable[Problem]:
    path = "".join(f"/{_pointer(part)}" for part in error.absolute_path)
    keyword = str(error.validator)
    if keyword == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        code, sentence = KEYWORDS["required"]
        for name in missing:
            yield Problem(path=f"{path}/{_pointer(name)}", code=code, message=sentence)
        return
    if keyword == "additionalProperties" and isinstance(error.instance, Mapping):
        known = list(error.schema.get("properties", ()))
        for name in error.instance:
            if name not in known:
                yield unknown_field(path, str(name), known)
        return
    code, sentence = KEYWORDS.get(keyword, OTHERWISE)
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


def unstorable(value: Any, path: str = "") -> list[Problem]:
    """Return a problem for each text or number in ``value`` that one of the databases would refuse."""
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            return [Problem(path=path, code="unstorable", message=UNSTORABLE)]
        return []
    if isinstance(value, Mapping):
        return [
            problem
            for key, item in value.items()
            for problem in (*unstorable(key, path), *unstorable(item, f"{path}/{_pointer(str(key))}"))
        ]
    if isinstance(value, list | tuple):
        return [
            problem for index, item in enumerate(value) for problem in unstorable(item, f"{path}/{index}")
        ]
    if isinstance(value, int) and not -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER:
        code, sentence = KEYWORDS["maximum"]
        return [Problem(path=path, code=code, message=sentence, params={"limit": LARGEST_INTEGER})]
    return []


def _pointer(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
