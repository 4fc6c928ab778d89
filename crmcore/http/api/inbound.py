"""Deliveries as they arrived, and their replay."""

from typing import TYPE_CHECKING

from crmcore.http.operation import Operation

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def inbound_operations(crm: "Crm") -> list[Operation]:
    """Return list, get and replay of deliveries."""
    return []
