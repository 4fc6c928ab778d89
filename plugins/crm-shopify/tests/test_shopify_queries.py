"""Our questions against the published schema."""

from typing import Any, get_args

import msgspec
import pytest
from crm_shopify.answers import CustomerAnswer
from crm_shopify.queries import CUSTOMER_WITH_ORDERS, SCOPES, SHOP_AND_SCOPES
from crm_shopify.statuses import DELIVERY, PAYMENT
from graphql import (
    FieldNode,
    GraphQLEnumType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    validate,
    visit,
)
from stand_in import published, schema

each = pytest.mark.parametrize("query", [CUSTOMER_WITH_ORDERS, SHOP_AND_SCOPES], ids=["customer", "shop"])


@each
def test_is_valid(query: str) -> None:
    assert validate(schema(), parse(query)) == []


@each
def test_asks_for_nothing_deprecated(query: str) -> None:
    used = fields_of(query)
    assert [name for _, name, field in used if field.deprecation_reason] == []


def test_needs_just_the_scopes_that_we_ask_the_merchant_for() -> None:
    used = [*fields_of(CUSTOMER_WITH_ORDERS), *fields_of(SHOP_AND_SCOPES)]
    alternatives = scopes_of(used)
    assert len(alternatives) >= 2
    # Each demand names scopes of which one is enough: one of ours is among them, and all of ours are needed.
    enough = [set(SCOPES) & scopes for scopes in alternatives]
    assert all(enough), alternatives
    assert set().union(*enough) == set(SCOPES)


def test_every_status_has_its_words() -> None:
    for name, words in (
        ("OrderDisplayFinancialStatus", PAYMENT),
        ("OrderDisplayFulfillmentStatus", DELIVERY),
    ):
        states = schema().type_map[name]
        assert isinstance(states, GraphQLEnumType)
        assert set(states.values) == set(words)


def test_every_answered_field_is_decoded() -> None:
    asked = {name for _, name, _ in fields_of(CUSTOMER_WITH_ORDERS)}
    decoded: set[str] = set()
    todo: list[Any] = [CustomerAnswer]
    while todo:
        for field in msgspec.structs.fields(todo.pop()):
            decoded.add(field.encode_name)
            todo += [
                part
                for part in walk(field.type)
                if isinstance(part, type) and issubclass(part, msgspec.Struct)
            ]
    assert asked == decoded


def walk(annotation: Any) -> list[Any]:
    """Return an annotation and all annotations inside it."""
    return [annotation, *(inner for part in get_args(annotation) for inner in walk(part))]


def fields_of(query: str) -> list[tuple[str, str, Any]]:
    """Return each field of a query with the name of its type."""
    info = TypeInfo(schema())
    found: list[tuple[str, str, Any]] = []

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = info.get_parent_type()
            assert parent is not None
            found.append((parent.name, node.name.value, info.get_field_def()))

    visit(parse(query), TypeInfoVisitor(info, Collect()))
    return found


def scopes_of(used: list[tuple[str, str, Any]]) -> list[set[str]]:
    """Return the scopes that the schema's authors demand for fields and for the types they return."""
    types = {parent for parent, _, _ in used} | {get_named_type(field.type).name for _, _, field in used}
    names = {(parent, name) for parent, name, _ in used}
    return [
        set(item["offlineScopes"])
        for item in published()["offline_scopes"]["items"]
        if item["typeName"] in types
        and (item["type"] == "type" or (item["typeName"], item.get("fieldName")) in names)
        and item["offlineScopes"]
    ]
