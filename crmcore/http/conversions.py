"""JSON documents into Structs: msgspec's findings as problems in two languages, with a path."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid

T = TypeVar("T")

_PATH = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+|\.\.\.)\]")
# msgspec's sentences (0.22) → our code and both languages. The places are the groups' names.
_SENTENCES: tuple[tuple[re.Pattern[str], str, Label], ...] = (
    (
        re.compile(r"Object missing required field `(?P<name>[^`]+)`"),
        "required",
        {"en": "“{name}” is required.", "ru": "Нужно значение «{name}»."},
    ),
    (
        re.compile(r"Object contains unknown field `(?P<name>[^`]+)`"),
        "unknown_field",
        {"en": "There is no field “{name}” here.", "ru": "Поля «{name}» здесь нет."},
    ),
    (
        re.compile(r"Expected `(?:str|array|object)` of length (?P<limit>[<>=]+ \d+)"),
        "length",
        {"en": "The length must be {limit}.", "ru": "Длина должна быть {limit}."},
    ),
    (
        re.compile(r"Expected `(?:int|float)` (?P<limit>[<>=]+ -?[\d.]+)"),
        "range",
        {"en": "The number must be {limit}.", "ru": "Число должно быть {limit}."},
    ),
    (
        re.compile(r"Expected `str` matching regex (?P<pattern>.+)"),
        "pattern",
        {"en": "The text does not have the form {pattern}.", "ru": "Текст не имеет вида {pattern}."},
    ),
    (
        re.compile(r"Invalid enum value (?P<value>.+)"),
        "not_a_choice",
        {"en": "{value} is not among the choices.", "ru": "{value} нет среди вариантов."},
    ),
    (
        re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<given>[^`]+)`"),
        "type",
        {"en": "Expected {wanted}, got {given}.", "ru": "Ожидается {wanted}, получено {given}."},
    ),
    (
        re.compile(r"Invalid (?:UUID|RFC3339 encoded datetime)"),
        "format",
        {"en": "The value does not have the right form.", "ru": "Значение не того вида."},
    ),
)
_ELSE: Label = {"en": "The value is not acceptable.", "ru": "Недопустимое значение."}


def converted(document: Any, kind: type[T], *, under: str = "") -> T:
    """Return ``document`` as a ``kind``, or raise :class:`~crmcore.errors.Invalid` with where and why.

    ``under`` is the JSON Pointer at which ``document`` stands in what was sent.
    """
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise Invalid(problems=(problem_of(str(error), under),)) from None


def problem_of(sentence: str, under: str = "") -> Problem:
    """Return msgspec's ``sentence`` as a problem with a JSON Pointer."""
    path = under
    if at := _PATH.search(sentence):
        sentence = sentence[: at.start()]
        path += _pointer(at["path"])
    for pattern, code, message in _SENTENCES:
        if found := pattern.match(sentence):
            params = {name: value[:200] for name, value in found.groupdict().items()}
            if code in ("required", "unknown_field"):
                path += f"/{_escaped(params['name'])}"
            return Problem(code=code, message=message, path=path, params=params)
    return Problem(code="invalid", message=_ELSE, path=path)


def _pointer(path: str) -> str:
    steps = (step["name"] or step["index"] for step in _STEP.finditer(path))
    return "".join(f"/{_escaped(step)}" for step in steps if step != "...")


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def plain(value: Any) -> Any:
    """Return a Struct (or a mapping) as a dictionary that can be extended."""
    return dict(value) if isinstance(value, Mapping) else msgspec.structs.asdict(value)
