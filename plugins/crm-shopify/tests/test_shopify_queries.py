"""Our questions against the published schema, and the stand-in against the same."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from crm_shopify import answers, queries
from crm_shopify.standin.documents import Document
from crm_shopify.standin.schema import FILE
from crm_shopify.standin.shop import StandInShop
from crm_shopify.statuses import DELIVERY, PARCEL, PAYMENT
from crm_shopify.subscriptions import LEFT_OUT, TOPICS
from crm_shopify.webhooks.handle import SUBSCRIBED
from graphql import GraphQLEnumType, get_named_type, parse, validate
from published_schema import QUERIES, cut_down, documents, fields_of, published, schema
from shopify_workspace import NOW, bob, order_worth

each_query = pytest.mark.parametrize("name", QUERIES)
PAGE = {"first": 2, "after": None, "query": "updated_at:>='2020-01-01T00:00:00Z'"}

# The answer of every query, and variables to ask it with.
ASKED: dict[str, tuple[type[msgspec.Struct], Document]] = {
    "CUSTOMER_WITH_ORDERS": (
        answers.CustomerAnswer,
        {"identifier": {"emailAddress": "bob@example.com"}, "orders": 5},
    ),
    "CUSTOMERS": (answers.CustomersAnswer, PAGE),
    "ORDERS": (answers.OrdersAnswer, PAGE),
    "ORDER": (answers.OrderAnswer, {"id": "gid://shopify/Order/5100000001"}),
    "COUNTS": (answers.CountsAnswer, {"query": None}),
    "SHOP_AND_SCOPES": (answers.ShopAnswer, {}),
    "REFUNDABLE": (answers.RefundableAnswer, {"order": "gid://shopify/Order/5100000001"}),
    "CREATE_REFUND": (
        answers.RefundAnswer,
        {
            "input": {
                "orderId": "gid://shopify/Order/5100000001",
                "note": "",
                "notify": True,
                "currency": "EUR",
                "transactions": [
                    {
                        "orderId": "gid://shopify/Order/5100000001",
                        "parentId": "gid://shopify/OrderTransaction/5100000001",
                        "gateway": "demo",
                        "kind": "REFUND",
                        "amount": "1.00",
                    }
                ],
            },
            "key": "k",
        },
    ),
    "CREATE_COUPON": (
        answers.CouponAnswer,
        {
            "coupon": {
                "title": "CRM A",
                "code": "A",
                "startsAt": NOW.isoformat(),
                "endsAt": NOW.isoformat(),
                "usageLimit": 1,
                "appliesOncePerCustomer": True,
                "context": {"customers": {"add": ["gid://shopify/Customer/1"]}},
                "customerGets": {"value": {"percentage": 0.1}, "items": {"all": True}},
            }
        },
    ),
    "BUYER": (answers.BuyerAnswer, {"customer": "gid://shopify/Customer/7200000001"}),
    "SUBSCRIPTIONS": (answers.SubscriptionsAnswer, {"after": None}),
    "SUBSCRIBE": (answers.SubscribeAnswer, {"topic": "ORDERS_PAID", "uri": "https://crm.example/hooks/1"}),
}


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.name)
def test_every_query_is_valid_and_asks_for_nothing_deprecated(file: Path) -> None:
    whole = schema(file)
    for name, query in QUERIES.items():
        assert validate(whole, parse(query)) == [], name
        old = [node.name.value for _, node, field in fields_of(query, whole) if field.deprecation_reason]
        assert old == [], name
    topics = whole.type_map["WebhookSubscriptionTopic"]
    assert isinstance(topics, GraphQLEnumType)
    assert set(TOPICS) <= set(topics.values)


@each_query
def test_every_query_is_executed_and_its_answer_understood(name: str) -> None:
    shop = StandInShop(schema(), [bob(order_worth(1, "40"), order_worth(2, "2.50"))], now=lambda: NOW)
    kind, variables = ASKED[name]
    result = shop.execute(QUERIES[name], variables)
    assert "errors" not in result
    decoded = msgspec.convert(result["data"], kind, strict=False)
    assert msgspec.to_builtins(decoded)


@each_query
def test_every_field_that_is_asked_for_is_decoded(name: str) -> None:
    asked = {node.name.value for _, node, _ in fields_of(QUERIES[name], schema())}
    decoded: set[str] = set()
    todo: list[Any] = [ASKED[name][0]]
    while todo:
        for field in msgspec.structs.fields(todo.pop()):
            decoded.add(field.encode_name)
            todo += [
                part
                for part in _walk(field.type)
                if isinstance(part, type) and issubclass(part, msgspec.Struct)
            ]
    assert asked <= decoded


def test_a_shop_gives_just_the_scopes_that_the_queries_need() -> None:
    reading = _needed(queries.READING)
    assert all(set(queries.SCOPES) & one for one in reading), reading
    assert {scope for scope in queries.SCOPES if any(scope in one for one in reading)} == set(queries.SCOPES)
    for query, scopes in (
        ((queries.REFUNDABLE, queries.CREATE_REFUND), queries.REFUND_SCOPES),
        ((queries.CREATE_COUPON,), queries.COUPON_SCOPES),
    ):
        needed = _needed(query)
        assert all({*scopes, *queries.SCOPES} & one for one in needed), needed


def test_every_state_has_its_words() -> None:
    for name, words in (
        ("OrderDisplayFinancialStatus", PAYMENT),
        ("OrderDisplayFulfillmentStatus", DELIVERY),
        ("FulfillmentDisplayStatus", PARCEL),
    ):
        states = schema().type_map[name]
        assert isinstance(states, GraphQLEnumType)
        assert set(states.values) == set(words)


def test_the_cut_down_schema_is_cut_from_the_published_one() -> None:
    """``python tests/published_schema.py`` writes it anew."""
    kept = files("crm_shopify.standin").joinpath(FILE).read_text(encoding="utf-8")
    assert kept == cut_down(schema())


def test_every_topic_that_is_subscribed_to_is_handled() -> None:
    assert sorted(re.sub("[/.]", "_", topic).upper() for topic in SUBSCRIBED) == sorted(TOPICS)


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.name)
def test_every_topic_of_orders_customers_and_refunds_is_subscribed_to_or_left_out_for_a_reason(
    file: Path,
) -> None:
    topics = schema(file).type_map["WebhookSubscriptionTopic"]
    assert isinstance(topics, GraphQLEnumType)
    about = {name for name in topics.values if re.match("(ORDERS|CUSTOMERS|REFUNDS|CUSTOMER_TAGS)_", name)}
    assert about <= {*TOPICS, *LEFT_OUT}
    assert not set(TOPICS) & set(LEFT_OUT) and all(LEFT_OUT.values())
    granted = {*queries.SCOPES, *queries.MERGE_SCOPES}
    for name in TOPICS:
        # The schema says which scopes a topic needs, of which one is enough.
        needed = set(re.findall(r"\b(?:read|write)_[a-z_]+", topics.values[name].description or ""))
        assert needed & granted or name == "APP_UNINSTALLED", name
        assert name == "CUSTOMERS_MERGE" or not needed or needed & set(queries.SCOPES), name


def test_what_the_schema_says_of_writing_is_what_is_asked_for() -> None:
    scopes = {
        item["fieldName"]: set(item["offlineScopes"])
        for item in published()["offline_scopes"]["items"]
        if item["typeName"] == "Mutation"
    }
    assert scopes["discountCodeBasicCreate"] == {"write_discounts"}
    # Of refunds it says nothing; of everything else that is done to an order it does.
    assert scopes.get("refundCreate", {"write_orders"}) >= {"write_orders"}
    assert all("write_orders" in scopes[name] for name in ("orderCancel", "orderClose", "orderUpdate"))


def _walk(annotation: Any) -> list[Any]:
    return [annotation, *(inner for part in get_args(annotation) for inner in _walk(part))]


def _needed(asked: tuple[str, ...]) -> list[set[str]]:
    """Return what the schema's authors demand for the fields of queries and the types they return.

    Each demand names scopes of which one is enough.
    """
    used = [one for query in asked for one in fields_of(query, schema())]
    types = {parent for parent, _, _ in used} | {get_named_type(field.type).name for _, _, field in used}
    names = {(parent, node.name.value) for parent, node, _ in used}
    return [
        set(item["offlineScopes"])
        for item in published()["offline_scopes"]["items"]
        if item["typeName"] in types
        and (item["type"] == "type" or (item["typeName"], item.get("fieldName")) in names)
        and item["offlineScopes"]
    ]
