"""Shopify's cost limit: every query has a price, paid from a bucket that refills by so many points a second.

Source: https://shopify.dev/docs/api/usage/rate-limits. The bucket belongs to the app and the shop, so that panels and
jobs draw from one.
"""

from msgspec import Struct, field

LONGEST_S = 60.0
KEPT_FOR_PEOPLE = 0.3
"""The part of the bucket that jobs leave to panels and actions."""


class ThrottleStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    """The bucket after a query: points it holds at most, holds now, and gets back a second."""

    maximum_available: float = 0.0
    currently_available: float = 0.0
    restore_rate: float = 0.0


class Cost(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a query was priced at, and the bucket."""

    requested_query_cost: float = 0.0
    throttle_status: ThrottleStatus = field(default_factory=ThrottleStatus)

    def wait_s(self, *, spare: float = 0.0) -> float:
        """Return the seconds until the same query is affordable again; ``spare`` is the part left for others."""
        bucket = self.throttle_status
        if bucket.restore_rate <= 0:
            return 0.0
        wanted = min(self.requested_query_cost + spare * bucket.maximum_available, bucket.maximum_available)
        return min(max(0.0, (wanted - bucket.currently_available) / bucket.restore_rate), LONGEST_S)
