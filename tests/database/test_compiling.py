"""Query strings as SQL: what Piccolo makes of them, letter for letter."""

import pytest
from piccolo.columns.combination import WhereRaw
from piccolo.querystring import QueryString

from crmcore.contacts.tables import Contact
from crmcore.database.compiling import compiled
from crmcore.database.database import Database

NESTED = QueryString("{} OR a = {}", QueryString("b IN ({}, {})", 1, "{}"), None)


@pytest.mark.parametrize(
    "query",
    [
        NESTED,
        QueryString("SELECT 1"),
        QueryString("a = '{{}}' AND {}", NESTED),
        QueryString("{}", 5),
        QueryString("x {} y {} z", 1),
        QueryString("{}{}{}", NESTED, QueryString(""), NESTED),
        QueryString("SELECT {}" + ", {}" * 3000, *range(3001)),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_it_is_what_piccolo_makes(query: QueryString, engine: str) -> None:
    assert compiled(query, engine) == query.compile_string(engine)


def test_queries_of_tables(database: Database) -> None:
    raw = WhereRaw("first_name LIKE {}", "A%")
    query = Contact.select(Contact.id, Contact.company.name).where(raw, Contact.deleted_at.is_null()).limit(5)
    for querystring in query.querystrings:
        assert compiled(querystring, database.kind) == querystring.compile_string(database.kind)
