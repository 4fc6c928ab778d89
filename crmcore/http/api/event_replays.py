"""Replays of events over HTTP: a plugin is told again what has happened."""

from typing import TYPE_CHECKING

from crmcore.events.replay import NewReplay
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import LIMIT, id_of, limit_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.jobs.desk import READ, WRITE

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ALL, ONE = "/api/event-replays", "/api/event-replays/{id:str}"
THE_REPLAY = path_id(description="The replay's id.")


def event_replay_operations(crm: "Crm") -> list[Operation]:
    """Return beginning, watching and cancelling replays."""

    async def list_event_replays(request: CrmRequest) -> Answer:
        limit = limit_of(request.query("limit"))
        items = await crm.replays.newest(actor=actor_of(request), limit=limit)
        return Answer(body={"items": items, "listeners": crm.replays.listeners()})

    async def create_event_replay(request: CrmRequest) -> Answer:
        new = converted(await request.document(), NewReplay)
        replay = await crm.replays.begin(new, actor=actor_of(request))
        return Answer(status=202, body=replay, headers={"Location": f"{ALL}/{replay.id}"})

    async def get_event_replay(request: CrmRequest) -> Answer:
        return Answer(body=await crm.replays.get(id_of(request), actor=actor_of(request)))

    async def cancel_event_replay(request: CrmRequest) -> Answer:
        return Answer(body=await crm.replays.cancel(id_of(request), actor=actor_of(request)))

    one = reference("EventReplay")
    return [
        Operation(
            id="list_event_replays",
            method="GET",
            path=ALL,
            tag="jobs",
            summary="List replays of events",
            description="The newest first; `listeners` are the plugins that listen to events, and to which.",
            permission=READ,
            parameters=(LIMIT,),
            success=Success(schema=reference("EventReplayList"), description="The replays."),
            refusals=(422,),
            handler=list_event_replays,
        ),
        Operation(
            id="create_event_replay",
            method="POST",
            path=ALL,
            tag="jobs",
            summary="Tell a plugin events again",
            description=(
                "A job tells one plugin the events of a span again, in order per record, with the ids they had: "
                "handlers that know an event's id do nothing twice. What happens now goes first, and no other plugin "
                "waits. One replay per plugin at a time."
            ),
            permission=WRITE,
            body=reference("NewReplay"),
            example={"plugin": "mailchimp", "since": "2026-11-01T00:00:00Z", "names": ["contact_updated"]},
            success=Success(status=202, schema=one, headers=("Location",), description="It was begun."),
            refusals=(409, 422),
            handler=create_event_replay,
        ),
        Operation(
            id="get_event_replay",
            method="GET",
            path=ONE,
            tag="jobs",
            summary="Read one replay",
            permission=READ,
            parameters=(THE_REPLAY,),
            success=Success(schema=one, description="How far it is."),
            refusals=(404,),
            handler=get_event_replay,
        ),
        Operation(
            id="cancel_event_replay",
            method="POST",
            path=f"{ONE}/cancel",
            tag="jobs",
            summary="Cancel a replay",
            description="What was told stays told.",
            permission=WRITE,
            parameters=(THE_REPLAY,),
            success=Success(schema=one, description="Where it ended."),
            refusals=(404, 409),
            handler=cancel_event_replay,
        ),
    ]
