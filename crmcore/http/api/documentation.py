"""The API's description, for programs and for people."""

from typing import TYPE_CHECKING

from crmcore.http.operation import Operation

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def documentation_operations(crm: "Crm") -> list[Operation]:
    """Return the OpenAPI document and the readable page."""
    return []
