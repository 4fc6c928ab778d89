"""A stand-in for Shopify: our query is executed by graphql-core on the published schema."""

import gzip
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from crm_shopify.queries import API_VERSION
from graphql import GraphQLSchema, build_client_schema, graphql_sync

from crmcore import HttpAnswer

REPOSITORY = Path(__file__).parents[3]
TOKEN = "shpat_0123456789abcdef"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def oracles() -> Path:
    """Return the folder of official material about Shopify, or skip with a visible reason."""
    folder = Path(os.environ.get("CRMCORE_ORACLES", REPOSITORY / ".." / "shared" / "oracles")) / "shopify"
    if not folder.is_dir():
        pytest.skip(f"no Admin API schema at {folder}: set CRMCORE_ORACLES")
    return folder


@cache
def published() -> dict[str, Any]:
    """Return the introspection of the Admin API with the scopes that its types and fields need."""
    with gzip.open(oracles() / f"admin_{API_VERSION}.json.gz") as file:
        document: dict[str, Any] = json.load(file)
    return document


@cache
def schema() -> GraphQLSchema:
    """Return the published schema; graphql-core is stricter than its authors, so it is taken as valid."""
    return build_client_schema(published()["data"], assume_valid=True)


def recorded_customer() -> dict[str, Any]:
    """Return Shopify's own sample customer and order (REST) in the form of the GraphQL types."""
    customer = json.loads((oracles() / "fixtures" / "customer.json").read_text(encoding="utf-8"))["customer"]
    order = json.loads((oracles() / "fixtures" / "order.json").read_text(encoding="utf-8"))["order"]
    return {
        "legacyResourceId": str(customer["id"]),
        "displayName": f"{customer['first_name']} {customer['last_name']}",
        "numberOfOrders": str(customer["orders_count"]),
        "amountSpent": {"amount": customer["total_spent"], "currencyCode": order["currency"]},
        "orders": [sample_order(order)],
        "email": customer["email"],
    }


def sample_order(order: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a REST order as a GraphQL one."""
    return {
        "legacyResourceId": str(order["id"]),
        "name": order["name"],
        "createdAt": order["created_at"],
        "cancelledAt": order["cancelled_at"],
        "displayFinancialStatus": order["financial_status"].upper(),
        "displayFulfillmentStatus": (order["fulfillment_status"] or "unfulfilled").upper(),
        "currentTotalPriceSet": {
            "shopMoney": {"amount": order["total_price"], "currencyCode": order["currency"]}
        },
        **changes,
    }


class Shopify:
    """Answers like ``https://my-shop.myshopify.com``: executes what it is asked, or does what it is told."""

    def __init__(self) -> None:
        self.customers: list[dict[str, Any]] = []
        self.scopes = ["read_customers", "read_orders"]
        self.instead: HttpAnswer | Exception | None = None
        self.asked: list[dict[str, Any]] = []

    def logging_to(self, log: object) -> "Shopify":
        """Return itself, where the core's client would return one that logs for the plugin."""
        return self

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | bytes | None = None,
        timeout_s: float = 10.0,
    ) -> HttpAnswer:
        """Answer one request."""
        assert (method, data) == ("POST", None)
        assert timeout_s <= 5
        self.asked.append(json)
        if isinstance(self.instead, Exception):
            raise self.instead
        if self.instead is not None:
            return self.instead
        if url != f"https://my-shop.myshopify.com/admin/api/{API_VERSION}/graphql.json":
            return answer(404, {"errors": "Not Found"})
        if (headers or {}).get("X-Shopify-Access-Token") != TOKEN:
            return answer(401, {"errors": "[API] Invalid API key or access token (unrecognized login)"})
        return answer(200, self._execute(json["query"], json["variables"]))

    def _execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        result = graphql_sync(schema(), query, self._root(), variable_values=variables)
        return dict(result.formatted)

    def _root(self) -> dict[str, Any]:
        return {
            "customerByIdentifier": self._customer,
            "shop": {"name": "My Shop"},
            "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in self.scopes]},
        }

    def _customer(self, info: Any, identifier: dict[str, str]) -> dict[str, Any] | None:
        for customer in self.customers:
            if customer["email"] == identifier["emailAddress"]:
                return {**customer, "orders": _Orders(customer["orders"])}
        return None


class _Orders:
    """The connection: sorts and counts as it is asked."""

    def __init__(self, orders: list[dict[str, Any]]) -> None:
        self._orders = orders

    def __call__(self, info: Any, first: int, reverse: bool, **more: Any) -> dict[str, Any]:
        assert more == {"sortKey": "CREATED_AT"}
        return {"nodes": sorted(self._orders, key=lambda one: one["createdAt"], reverse=reverse)[:first]}


def answer(status: int, document: Any, **headers: str) -> HttpAnswer:
    """Return an answer with a JSON body."""
    return HttpAnswer(status=status, headers=headers, body=json.dumps(document).encode())
