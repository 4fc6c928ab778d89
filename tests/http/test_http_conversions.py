from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from msgspec import Meta, Struct

from crmcore.errors import Invalid
from crmcore.http.conversions import converted


class Part(Struct, forbid_unknown_fields=True):
    number: Annotated[int, Meta(ge=1, le=9)] = 1


class Whole(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=2, pattern="^[a-z]+$")]
    kind: Literal["reply", "note"] = "note"
    parts: list[Part] = []
    by_key: dict[str, int] = {}
    id: UUID | None = None


@pytest.mark.parametrize(
    ("document", "path", "code", "english", "russian"),
    [
        ({}, "/name", "required", "This is required.", "Это обязательное поле."),
        ({"name": "ab", "a/b~c": 1}, "/a~1b~0c", "unknown_field", "There is no field “a/b~c”.", None),
        ({"name": 1}, "/name", "wrong_type", "This must be a text.", "Здесь должно быть: текст."),
        (
            {"name": "a"},
            "/name",
            "too_short",
            "This needs at least 2 characters.",
            "Нужно не меньше 2 символов.",
        ),
        ({"name": "AB"}, "/name", "wrong_form", None, None),
        ({"name": "ab", "kind": "shout"}, "/kind", "not_a_choice", "Choose one of: note, reply.", None),
        (
            {"name": "ab", "parts": [{}, {"number": 10}]},
            "/parts/1/number",
            "too_large",
            "This must be at most 9.",
            None,
        ),
        ({"name": "ab", "parts": [{"x": 1}]}, "/parts/0/x", "unknown_field", None, None),
        ({"name": "ab", "by_key": {"one": "1"}}, "/by_key", "wrong_type", None, None),
        ({"name": "ab", "id": "no"}, "/id", "wrong_form", "This is not an id.", None),
    ],
)
def test_faults_have_a_pointer_a_code_and_a_sentence(
    document: dict[str, Any], path: str, code: str, english: str | None, russian: str | None
) -> None:
    with pytest.raises(Invalid) as refused:
        converted(document, Whole)
    (problem,) = refused.value.problems
    assert (problem.path, problem.code) == (path, code)
    assert english is None or problem.sentence("en") == english
    assert russian is None or problem.sentence("ru") == russian
    assert problem.sentence("ru") != problem.sentence("en")


def test_a_pointer_begins_where_the_document_stands() -> None:
    with pytest.raises(Invalid) as refused:
        converted({"number": "x"}, Part, under="/config")
    assert refused.value.problems[0].path == "/config/number"
