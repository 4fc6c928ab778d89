"""The stand-in's shop: what it answers to a query, and what refunds and coupons do to it."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from graphql import (
    GraphQLSchema,
    get_directive_values,
    graphql_sync,
    parse,
    validate,
)
from graphql.error import GraphQLError

from crm_shopify.queries import COUPON_SCOPES, MERGE_SCOPES, REFUND_SCOPES, SCOPES
from crm_shopify.standin.documents import CURRENCY, Document, bag, make_refund

_SINCE = re.compile(r"updated_at:>='([^']+)'")


class StandInShop:
    """A shop with ``customers``, as :mod:`~crm_shopify.standin.documents` makes them."""

    def __init__(
        self,
        schema: GraphQLSchema,
        customers: Sequence[Document] = (),
        *,
        name: str = "Demo shop",
        now: Callable[[], datetime],
    ) -> None:
        self.schema = schema
        self.customers = list(customers)
        self.name = name
        self.scopes = sorted({*SCOPES, *REFUND_SCOPES, *COUPON_SCOPES, *MERGE_SCOPES})
        self.coupons: dict[str, Document] = {}
        self.subscriptions: list[Document] = []
        self.refund_keys: dict[str, Document] = {}
        self._now = now

    @property
    def orders(self) -> list[Document]:
        """All orders of all customers."""
        return [order for customer in self.customers for order in customer["all_orders"]]

    def execute(self, query: str, variables: Mapping[str, Any]) -> Document:
        """Return what the schema makes of ``query``: data, or errors, as GraphQL has them."""
        try:
            problems = validate(self.schema, parse(query))
        except GraphQLError as error:
            problems = [error]
        if problems:
            return {"errors": [problem.formatted for problem in problems]}
        result = graphql_sync(self.schema, query, self._root(), variable_values=dict(variables))
        return dict(result.formatted)

    def _root(self) -> Document:
        return {
            "shop": {"name": self.name, "currencyCode": CURRENCY},
            "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in self.scopes]},
            "customerByIdentifier": self._customer,
            "customer": lambda info, id: self._customer(info, {"id": id}),
            "customers": self._customers,
            "orders": self._orders,
            "customersCount": lambda info, query=None, limit=None: {
                "count": len(_since(self.customers, query))
            },
            "ordersCount": lambda info, query=None, limit=None: {"count": len(_since(self.orders, query))},
            "order": lambda info, id: self._order(id),
            "refundCreate": self._refund,
            "discountCodeBasicCreate": self._coupon,
            "webhookSubscriptions": lambda info, **page: _page(self.subscriptions, **page),
            "webhookSubscriptionCreate": self._subscribe,
        }

    def _customer(self, info: Any, identifier: Mapping[str, str]) -> Document | None:
        ((kind, value),) = identifier.items()
        for customer in self.customers:
            has = {
                "id": customer["id"],
                "emailAddress": (customer["defaultEmailAddress"] or {}).get("emailAddress"),
                "phoneNumber": (customer["defaultPhoneNumber"] or {}).get("phoneNumber"),
            }
            if has[kind] == value:
                return {**customer, "orders": partial(_orders_of, customer)}
        return None

    def _customers(self, info: Any, query: str | None = None, **page: Any) -> Document:
        return _page(_since(self.customers, query), **page)

    def _orders(self, info: Any, query: str | None = None, **page: Any) -> Document:
        return _page(_since(self.orders, query), **page)

    def _order(self, id: str) -> Document | None:
        order = next((one for one in self.orders if one["id"] == id), None)
        if order is None:
            return None
        left = _left(order)
        payment = {
            "gateway": "demo",
            "parentTransaction": {"id": f"gid://shopify/OrderTransaction/{order['legacyResourceId']}"},
            "maximumRefundableSet": bag(left),
        }
        return {
            **order,
            "suggestedRefund": {
                "maximumRefundableSet": bag(left),
                "suggestedTransactions": [payment] if left else [],
            },
        }

    def _refund(self, info: Any, input: Mapping[str, Any]) -> Document:
        directive = self.schema.get_directive("idempotent")
        values = (
            get_directive_values(directive, info.field_nodes[0], info.variable_values) if directive else None
        )
        key = values["key"] if values else ""
        if key in self.refund_keys:
            return self.refund_keys[key]
        order = next((one for one in self.orders if one["id"] == input["orderId"]), None)
        amount = sum((Decimal(str(one["amount"])) for one in input["transactions"]), Decimal())
        if order is None or amount > _left(order):
            return {
                "refund": None,
                "userErrors": [{"field": ["transactions"], "message": "Refund is too large"}],
            }
        now = self._now().replace(microsecond=0)
        refund = make_refund(int(order["legacyResourceId"]) * 10 + len(order["refunds"]) + 1, now, amount)
        before = Decimal(order["totalRefundedSet"]["shopMoney"]["amount"])
        order["refunds"] = [*order["refunds"], refund]
        order["totalRefundedSet"] = bag(before + amount)
        order["displayFinancialStatus"] = "PARTIALLY_REFUNDED" if _left(order) else "REFUNDED"
        order["updatedAt"] = order["customer"]["updatedAt"] = now.isoformat()
        answer = {"refund": refund, "userErrors": []}
        if key:
            self.refund_keys[key] = answer
        return answer

    def _coupon(self, info: Any, basicCodeDiscount: Document) -> Document:  # noqa: N803
        code = basicCodeDiscount["code"]
        if code in self.coupons:
            error = {"field": ["code"], "message": "Code must be unique", "code": "TAKEN"}
            return {"codeDiscountNode": None, "userErrors": [error]}
        self.coupons[code] = basicCodeDiscount
        return {
            "codeDiscountNode": {"id": f"gid://shopify/DiscountCodeNode/{len(self.coupons)}"},
            "userErrors": [],
        }

    def _subscribe(self, info: Any, topic: str, webhookSubscription: Document) -> Document:  # noqa: N803
        self.subscriptions.append({"topic": topic, "uri": webhookSubscription["uri"]})
        return {"userErrors": []}


def _orders_of(customer: Document, info: Any, **page: Any) -> Document:
    return _page(customer["all_orders"], **page)


def _left(order: Mapping[str, Any]) -> Decimal:
    if order["displayFinancialStatus"] not in ("PAID", "PARTIALLY_REFUNDED"):
        return Decimal()
    total = Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"])
    return total - Decimal(order["totalRefundedSet"]["shopMoney"]["amount"])


def _since(documents: Sequence[Document], query: str | None) -> list[Document]:
    match = _SINCE.fullmatch(query or "")
    if match is None:
        return list(documents)
    moment = datetime.fromisoformat(match[1])
    return [one for one in documents if datetime.fromisoformat(one["updatedAt"]) >= moment]


def _page(
    documents: Sequence[Document],
    first: int = 50,
    after: str | None = None,
    sortKey: str = "",  # noqa: N803
    reverse: bool = False,
) -> Document:
    """Return the connection: sorted, and begun after the cursor, which names the last document of a page."""
    by = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}.get(sortKey)

    def place(document: Document) -> tuple[datetime, str]:
        moment = datetime.fromisoformat(document[by]) if by else datetime.min
        return moment, str(document.get("legacyResourceId") or document.get("topic", ""))

    ordered = sorted(documents, key=place, reverse=reverse)
    if after:
        keys = [_cursor(place(one)) for one in ordered]
        ordered = ordered[keys.index(after) + 1 :] if after in keys else []
    nodes = ordered[:first]
    return {
        "nodes": nodes,
        "pageInfo": {
            "hasNextPage": len(ordered) > first,
            "endCursor": _cursor(place(nodes[-1])) if nodes else None,
        },
    }


def _cursor(place: tuple[datetime, str]) -> str:
    return f"{place[0].isoformat()}|{place[1]}"
