"""Live updates over HTTP."""

from typing import TYPE_CHECKING

from crmcore.accounts.credentials import hash_of
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.cookies import session_cookie_name
from crmcore.http.cross_site import refuse_foreign_page
from crmcore.http.event_stream import MEDIA_TYPE, EventStream
from crmcore.http.operation import Operation, Parameter, Success
from crmcore.http.request import CrmRequest
from crmcore.live.place import MAX_TEXT

if TYPE_CHECKING:
    from crmcore.live.listener import By
    from crmcore.workspace import Crm

MAX_SECONDS = 86_400
_SECONDS: Label = {
    "en": "Write a whole number of seconds from 0 to {max}.",
    "ru": "Напишите целое число секунд от 0 до {max}.",
}
_EXAMPLE = (
    "retry: 3514\nevent: hello\nid: 4711.4711-1f0c9a2e\n"
    'data: {"user_id":"…","language":"en","resumed":false}\n\n'
    "event: change\nid: 4712.4712-9be07713\n"
    'data: {"id":"…","name":"conversation_updated","at":"2026-11-22T16:00:00Z","record_type":"conversation",'
    '"record_id":"…","by":{"kind":"user","id":"…","label":"Anna"},"changed":["assignee","assignee_id"],'
    '"text":"Conversation: changed (Anna)","conversation_id":null}\n\n'
)


def live_operations(crm: "Crm") -> list[Operation]:
    """Return the one operation: the stream."""

    async def listen(request: CrmRequest) -> Answer:
        values = request.query("seconds", "last")
        seconds = _seconds(values.get("seconds", ""))
        by, secret = _secret(crm, request)
        if by == "session":
            refuse_foreign_page(request, crm.settings.base_url)
        last = (request.headers.get("last-event-id") or values.get("last", ""))[: MAX_TEXT + 1]
        listener, hello = await crm.live.listen(actor_of(request), by, hash_of(secret), last)
        stream = EventStream(
            listener,
            hello,
            place=lambda: crm.live.place,
            leave=crm.live.leave,
            seconds=seconds,
            bodyless=request.scope["state"].get("bodyless", False),
        )
        return Answer(ready=stream)

    return [
        Operation(
            id="listen",
            method="GET",
            path="/api/live",
            tag="live",
            summary="Listen to what happens",
            description=(
                "Server-sent events: `hello` first, then a `change` for every record you may read that is created, "
                "changed, deleted or restored and for every message, without the fields that are hidden from you; "
                "`notice` for what is meant for you; `reread` when a record of a type may have left your sight; "
                "`reset` when more was missed than is told: read again what you show; `bye` at the end, with the "
                "`reason`. Texts are in your language. Every message can come twice after a break, and none is "
                "missing: send the last `id` you saw as `Last-Event-ID`. A line that is silent gets a comment every "
                "20 seconds. A user has 12 streams at most in one process."
            ),
            anyone=True,
            parameters=(
                Parameter(
                    name="seconds",
                    where="query",
                    description="End after so long; 0 tells what was missed and ends. Without it the stream stays.",
                    schema={"type": "integer", "minimum": 0, "maximum": MAX_SECONDS},
                ),
                Parameter(
                    name="last",
                    where="query",
                    description="The same as `Last-Event-ID`, for who cannot send that header.",
                    schema={"type": "string", "maxLength": MAX_TEXT},
                ),
                Parameter(
                    name="Last-Event-ID",
                    where="header",
                    description="The last `id` of the stream before.",
                    schema={"type": "string", "maxLength": MAX_TEXT},
                ),
            ),
            success=Success(
                schema={"type": "string"},
                media_type=MEDIA_TYPE,
                description="The stream.",
                example=_EXAMPLE,
            ),
            refusals=(422, 429),
            handler=listen,
        )
    ]


def _secret(crm: "Crm", request: CrmRequest) -> "tuple[By, str]":
    """Return what the asker has signed in with: the guard has found it good."""
    header = request.headers.get("authorization")
    if header is not None:
        return "token", header.partition(" ")[2].strip()
    return "session", request.cookies.get(session_cookie_name(crm.settings), "")


def _seconds(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 5 or int(text) > MAX_SECONDS:
        problem = Problem(code="out_of_range", message=_SECONDS, path="/seconds", params={"max": MAX_SECONDS})
        raise Invalid(problems=(problem,))
    return int(text)
