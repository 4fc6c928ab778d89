"""JSON values into Structs: what msgspec finds becomes problems with a path, a code and a sentence of ours."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.errors import Invalid
from crmcore.records.sentences import (
    KEYWORDS,
    NOT_A_DATE,
    NOT_A_MOMENT,
    NOT_AN_ID,
    OTHERWISE,
    REQUIRED,
    UNKNOWN_FIELD,
    limit_in,
)

T = TypeVar("T")

_PLACE = re.compile(r" - at `(?:key` in `)?\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+|\.\.\.)\]")
# msgspec's sentences (0.22).
_NAME = re.compile(r"Object (?P<fault>missing required|contains unknown) field `(?P<name>[^`]+)`")
_LENGTH = re.compile(r"Expected `(?P<of>str|array|object)` of length (?P<sign>[<>=]+) (?P<limit>\d+)")
_RANGE = re.compile(r"Expected `(?:int|float)` (?P<sign>[<>]=?) (?P<limit>-?[\d.e+]+)")
_MULTIPLE = re.compile(r"Expected `(?:int|float)` that's a multiple of (?P<limit>[\d.]+)")
_TYPE = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `[^`]+`")
_FORMS: tuple[tuple[re.Pattern[str], Label], ...] = (
    (re.compile(r"Invalid UUID"), NOT_AN_ID),
    (re.compile(r"Invalid RFC3339 encoded datetime|Expected `datetime`"), NOT_A_MOMENT),
    (re.compile(r"Invalid RFC3339 encoded date"), NOT_A_DATE),
    (re.compile(r"Expected `str` matching regex|Invalid "), KEYWORDS["pattern"][1]),
)
_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "uuid": "string",
    "datetime": "string",
}
_SIGNS = {">=": "minimum", "<=": "maximum", ">": "exclusiveMinimum", "<": "exclusiveMaximum"}
_UNFIT: Label = {"en": "This does not fit: {reason}", "ru": "Не подходит: {reason}"}


def converted(document: Any, kind: type[T], *, under: str = "", strict: bool = True) -> T:
    """Return ``document`` as a ``kind``, or raise :class:`~crmcore.errors.Invalid` with where and why.

    ``under`` is the JSON Pointer at which ``document`` stands in what was sent. Not ``strict``, the text
    "8080" is accepted as a number.
    """
    try:
        return msgspec.convert(document, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise Invalid(problems=(problem_of(error, kind, under),)) from None


def problem_of(error: msgspec.ValidationError, kind: Any, under: str = "") -> Problem:
    """Return what msgspec found in a document that should be a ``kind``.

    A Struct's own ``__post_init__`` raises InvalidValue, with ``path`` among its parameters where one field is
    meant; of any other ValueError the sentence is passed on.
    """
    sentence = str(error)
    steps: list[str] = []
    whole = True
    if at := _PLACE.search(sentence):
        sentence = sentence[: at.start()]
        found = [step["name"] or step["index"] for step in _STEP.finditer(at["path"])]
        # msgspec does not say under which key of a mapping; then the mapping is where to look.
        whole = "..." not in found
        steps = found if whole else found[: found.index("...")]
        every = found
    else:
        every = []
    path = under + "".join(f"/{_escaped(step)}" for step in steps)
    if isinstance(error.__cause__, InvalidValue):
        own = error.__cause__
        params = {name: value for name, value in own.params.items() if name != "path"}
        place = str(own.params.get("path", "")) if whole else ""
        return Problem(code=own.code, message=own.message, path=path + place, params=params)
    if error.__cause__ is not None:
        return Problem(code="invalid", message=_UNFIT, path=path, params={"reason": str(error.__cause__)})
    if named := _NAME.match(sentence):
        path += f"/{_escaped(named['name'])}" if whole else ""
        if named["fault"] == "missing required":
            return Problem(code="required", message=REQUIRED, path=path)
        params = {"name": named["name"][:80], "hint": ""}
        return Problem(code="unknown_field", message=UNKNOWN_FIELD, path=path, params=params)
    code, message, params = _finding(sentence, kind, every)
    return Problem(code=code, message=message, path=path, params=params)


def _finding(sentence: str, kind: Any, steps: list[str]) -> tuple[str, Label, dict[str, Any]]:
    if length := _LENGTH.match(sentence):
        least = ">" in length["sign"]
        keyword = ("min" if least else "max") + ("Length" if length["of"] == "str" else "Items")
        return *KEYWORDS[keyword], {"limit": int(length["limit"])}
    if limits := _RANGE.match(sentence):
        return *KEYWORDS[_SIGNS[limits["sign"]]], {"limit": limits["limit"]}
    if multiple := _MULTIPLE.match(sentence):
        return *KEYWORDS["multipleOf"], {"limit": multiple["limit"]}
    if typed := _TYPE.match(sentence):
        names = [_TYPES.get(name, name) for name in typed["wanted"].split(" | ")]
        code, message = KEYWORDS["type"]
        return code, _with_limit(message, "type", names), {}
    if sentence.startswith("Invalid enum value") and (choices := _choices(inspect.type_info(kind), steps)):
        return *KEYWORDS["enum"], {"limit": ", ".join(str(choice) for choice in choices)}
    for pattern, form in _FORMS:
        if pattern.match(sentence):
            return "wrong_form", form, {}
    return *OTHERWISE, {}


def _choices(type: inspect.Type, steps: list[str]) -> list[Any]:
    """Return what may stand at ``steps`` in a document of this type."""
    if isinstance(type, inspect.Metadata):
        return _choices(type.type, steps)
    if isinstance(type, inspect.UnionType):
        return [choice for one in type.types for choice in _choices(one, steps)]
    if not steps:
        if isinstance(type, inspect.LiteralType):
            return list(type.values)
        return [member.value for member in type.cls] if isinstance(type, inspect.EnumType) else []
    if isinstance(type, inspect.StructType):
        below = [field.type for field in type.fields if field.encode_name == steps[0]]
    elif isinstance(type, inspect.DictType):
        below = [type.value_type]
    elif isinstance(type, inspect.ListType | inspect.SetType | inspect.VarTupleType):
        below = [type.item_type]
    else:
        below = []
    return [choice for one in below for choice in _choices(one, steps[1:])]


def _with_limit(message: Mapping[str, str], keyword: str, value: Any) -> Label:
    return {
        language: text.replace("{limit}", limit_in(keyword, value, language))
        for language, text in message.items()
    }


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
