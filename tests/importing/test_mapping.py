"""Columns and the fields they go into."""

from typing import Any

import pytest

from crmcore.importing.mapping import MappingError, map_columns

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "name": {"type": "string", "readOnly": True},
        "first_name": {"type": "string"},
        "last_name": {"type": "string"},
        "emails": {"type": "array", "items": {"type": "string"}},
        "phones": {"type": "array", "items": {"type": "string"}},
        "company": {"type": ["string", "null"]},
        "notes": {"type": "string"},
        "custom": {
            "type": "object",
            "properties": {
                "visits": {"type": "integer", "title": "Number of visits"},
                "debt": {"type": "number"},
                "vip": {"type": "boolean", "title": "Важный клиент"},
            },
        },
    },
}


def test_columns_are_guessed_in_two_languages() -> None:
    header = [
        "ФИО",
        "E-mail",
        "Mobile",
        "Phone number",
        "Компания",
        "Number of visits",
        "важный клиент",
        "Shoe size",
    ]

    assert map_columns(header, SCHEMA).targets == [
        *("name", "emails", "phones", "phones", "company", "custom.visits", "custom.vip", ""),
    ]


def test_a_row_becomes_a_document() -> None:
    mapping = map_columns(["Name", "Email", "Phone", "Mobile", "visits", "debt", "vip"], SCHEMA)

    document, problems = mapping.document(
        [
            "Anna Maria Solo",
            "a@x.example; b@x.example",
            "+1 650 253 0000",
            "+1 650 253 0001",
            "1 200",
            "3,5",
            "да",
        ]
    )

    assert problems == []
    assert document == {
        "first_name": "Anna Maria",
        "last_name": "Solo",
        "emails": ["a@x.example", "b@x.example"],
        "phones": ["+1 650 253 0000", "+1 650 253 0001"],
        "custom": {"visits": "1 200", "debt": "3,5", "vip": "да"},
    }


def test_base_fields_get_the_kind_of_value_their_schema_asks_for() -> None:
    schema = {
        "properties": {
            "amount": {"type": "integer"},
            "rate": {"type": ["number", "null"]},
            "paid": {"type": "boolean"},
        }
    }
    mapping = map_columns(["Amount", "Rate", "Paid"], schema)

    assert mapping.document(["1", "1,500", ""])[0]["rate"] == "1,500"  # could mean two
    assert mapping.document(["1 200", "3,5", "Да"]) == ({"amount": 1200, "rate": 3.5, "paid": True}, [])
    assert mapping.document(["a lot", "high", "maybe"]) == (
        {"amount": "a lot", "rate": "high", "paid": "maybe"},
        [],
    )


def test_empty_cells_say_nothing_and_odd_values_are_left_to_the_gate() -> None:
    mapping = map_columns(["first_name", "last_name", "visits"], SCHEMA)

    assert mapping.document(["Ann", "", "many"]) == ({"first_name": "Ann", "custom": {"visits": "many"}}, [])
    assert mapping.document(["Ann"]) == ({"first_name": "Ann"}, [])


def test_more_cells_than_columns_is_a_problem_of_the_row() -> None:
    mapping = map_columns(["first_name", "last_name"], SCHEMA)

    _, problems = mapping.document(["Ann", "Lee", "and more"])

    assert [problem.sentence("en") for problem in problems] == ["The row has 3 cells, the header has 2."]
    assert mapping.document(["Ann", "Lee", "", ""])[1] == []


def test_what_was_chosen_wins_over_the_guess() -> None:
    mapping = map_columns(
        ["Name", "Title", "Email"], SCHEMA, {"1": "last_name", "Title": "notes", "Email": ""}
    )

    assert mapping.targets == ["last_name", "notes", ""]


def test_a_field_taken_by_choice_is_not_guessed_twice() -> None:
    assert map_columns(["Company", "Organization", "Notes"], SCHEMA).targets == ["company", "", "notes"]
    assert map_columns(["Company", "Employer"], SCHEMA, {"Employer": "company"}).targets == ["", "company"]


@pytest.mark.parametrize(
    ("header", "chosen", "sentence"),
    [
        (["Email"], {"Mail": "emails"}, "no column 'Mail'"),
        (["Email"], {"Email": "e_mails"}, "no field 'e_mails'"),
        (["Email"], {"Email": "id"}, "no field 'id'"),
        (["Shoe", "Hat"], {}, "no column of 'Shoe', 'Hat' is known"),
    ],
)
def test_a_wrong_mapping_says_what_there_is(header: list[str], chosen: dict[str, str], sentence: str) -> None:
    with pytest.raises(MappingError, match=sentence):
        map_columns(header, SCHEMA, chosen)
