"""Requests from vendors and programs, as channels verify them."""

from typing import TYPE_CHECKING

from crmcore.contracts.channels import InboundRequest, Verified
from crmcore.http.answers import Answer
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def inbound_request(crm: "Crm", request: CrmRequest) -> InboundRequest:
    """Return ``request`` with its raw body and the public address that the sender used and signed."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raw_path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope["query_string"]
    target = raw_path.partition(b"?")[0] + (b"?" + query if query else b"")
    client = request.scope.get("client")
    return InboundRequest(
        method=request.scope["method"],
        url=crm.settings.base_url.rstrip("/") + target.decode("latin-1"),
        headers=headers,
        body=await request.body(),
        received_at=crm.clock(),
        remote_address=client[0] if client else "",
    )


def answer_of(verified: Verified) -> Answer:
    """Return the answer that the channel chose for what it verified."""
    return Answer(status=verified.status, raw=verified.answer, media_type=verified.content_type)
