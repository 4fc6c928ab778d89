"""The questions we ask Shopify, in GraphQL (Admin API). Tests validate and run them on the published schema."""

API_VERSION = "2026-07"
"""Shopify supports a version for at least twelve months; an older one is answered by the oldest supported."""

CUSTOMER_WITH_ORDERS = """
query CustomerWithOrders($email: String!, $orders: Int!) {
  customerByIdentifier(identifier: {emailAddress: $email}) {
    legacyResourceId
    displayName
    numberOfOrders
    amountSpent { amount currencyCode }
    orders(first: $orders, sortKey: CREATED_AT, reverse: true) {
      nodes {
        legacyResourceId
        name
        createdAt
        cancelledAt
        displayFinancialStatus
        displayFulfillmentStatus
        currentTotalPriceSet { shopMoney { amount currencyCode } }
      }
    }
  }
}
"""

SHOP_AND_SCOPES = """
query ShopAndScopes {
  shop { name }
  currentAppInstallation { accessScopes { handle } }
}
"""

SCOPES = ("read_customers", "read_orders")
"""What the token must be allowed to read for the questions above."""
