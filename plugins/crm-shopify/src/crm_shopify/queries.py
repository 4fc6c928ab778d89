"""The questions we ask Shopify, in GraphQL (Admin API). Tests validate and run them on the published schema."""

API_VERSION = "2026-07"
"""Shopify supports a version for at least twelve months; an older one is answered by the oldest supported."""

_ORDER_FIELDS = """
fragment OrderFields on Order {
  legacyResourceId
  name
  createdAt
  updatedAt
  cancelledAt
  displayFinancialStatus
  displayFulfillmentStatus
  currentTotalPriceSet { shopMoney { amount currencyCode } }
  totalRefundedSet { shopMoney { amount currencyCode } }
  lineItems(first: 3) { nodes { title quantity } }
  refunds(first: 5) {
    legacyResourceId
    createdAt
    totalRefundedSet { shopMoney { amount currencyCode } }
  }
  fulfillments(first: 5) {
    legacyResourceId
    createdAt
    deliveredAt
    displayStatus
    trackingInfo(first: 1) { company number url }
  }
}
"""

_CUSTOMER_FIELDS = """
fragment CustomerFields on Customer {
  legacyResourceId
  displayName
  firstName
  lastName
  tags
  updatedAt
  numberOfOrders
  amountSpent { amount currencyCode }
  defaultEmailAddress { emailAddress marketingState }
  defaultPhoneNumber { phoneNumber }
  lastOrder { createdAt }
}
"""

CUSTOMER_WITH_ORDERS = f"""
query CustomerWithOrders($identifier: CustomerIdentifierInput!, $orders: Int!) {{
  customerByIdentifier(identifier: $identifier) {{
    ...CustomerFields
    orders(first: $orders, sortKey: CREATED_AT, reverse: true) {{ nodes {{ ...OrderFields }} }}
  }}
}}
{_CUSTOMER_FIELDS}{_ORDER_FIELDS}"""

CUSTOMERS = f"""
query Customers($first: Int!, $after: String, $query: String) {{
  customers(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ ...CustomerFields }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
{_CUSTOMER_FIELDS}"""

ORDERS = f"""
query Orders($first: Int!, $after: String, $query: String) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{
      ...OrderFields
      customer {{ legacyResourceId }}
    }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
{_ORDER_FIELDS}"""

ORDER = f"""
query Order($id: ID!) {{
  order(id: $id) {{
    ...OrderFields
    customer {{ legacyResourceId }}
  }}
}}
{_ORDER_FIELDS}"""

COUNTS = """
query Counts($query: String) {
  customersCount(query: $query, limit: null) { count }
  ordersCount(query: $query, limit: null) { count }
}
"""

SHOP_AND_SCOPES = """
query ShopAndScopes {
  shop { name currencyCode }
  currentAppInstallation { accessScopes { handle } }
}
"""

REFUNDABLE = """
query Refundable($order: ID!) {
  order(id: $order) {
    name
    customer {
      legacyResourceId
      defaultEmailAddress { emailAddress }
      defaultPhoneNumber { phoneNumber }
    }
    totalRefundedSet { shopMoney { amount currencyCode } }
    suggestedRefund(suggestFullRefund: true) {
      maximumRefundableSet { shopMoney { amount currencyCode } }
      suggestedTransactions {
        gateway
        parentTransaction { id }
        maximumRefundableSet { shopMoney { amount currencyCode } }
      }
    }
  }
}
"""

BUYER = """
query Buyer($customer: ID!) {
  customer(id: $customer) {
    legacyResourceId
    defaultEmailAddress { emailAddress }
    defaultPhoneNumber { phoneNumber }
  }
}
"""

CREATE_REFUND = """
mutation CreateRefund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { legacyResourceId createdAt totalRefundedSet { shopMoney { amount currencyCode } } }
    userErrors { field message }
  }
}
"""

CREATE_COUPON = """
mutation CreateCoupon($coupon: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $coupon) {
    codeDiscountNode { id }
    userErrors { field message code }
  }
}
"""

SUBSCRIPTIONS = """
query Subscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { topic uri }
    pageInfo { hasNextPage endCursor }
  }
}
"""

SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) {
    userErrors { field message }
  }
}
"""

READING = (
    CUSTOMER_WITH_ORDERS,
    CUSTOMERS,
    ORDERS,
    ORDER,
    COUNTS,
    SHOP_AND_SCOPES,
    SUBSCRIPTIONS,
    SUBSCRIBE,
)
"""What works with the scopes that every shop has to give."""

SCOPES = ("read_customers", "read_orders")
"""What the token must be allowed to read for :data:`READING`."""

REFUND_SCOPES = ("write_orders", "read_orders")
"""What refunds need.

The published schema names ``read_orders`` for what is read before and answered after, and nothing for
``refundCreate`` itself. Shopify's page of refunds does: they require the scope ``orders`` or ``marketplace_orders``
(https://shopify.dev/docs/api/admin-rest/latest/resources/refund; making one is ``refundCreate``). To write, that
is ``write_orders``, which the schema names for cancelling, closing or changing an order.
"""

COUPON_SCOPES = ("write_discounts", "read_discounts")
"""What coupons need; the published schema names both."""

MERGE_SCOPES = ("read_customer_merge",)
"""What being told of merged customers needs; the published schema says so of the topic ``CUSTOMERS_MERGE``."""
