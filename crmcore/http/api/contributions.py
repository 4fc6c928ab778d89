"""What plugins show, over HTTP: panels, tiles, pages, timelines, blocks under messages, files in them."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.pages import PageRequest
from crmcore.contracts.problems import Problem
from crmcore.contributions.documents import FileAddress, block_documents, panel_document
from crmcore.contributions.media import PARTS
from crmcore.contributions.subjects import slot_of
from crmcore.errors import Invalid, NotFound
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.file_answers import file_answer
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NEEDED: Label = {"en": "Name a record: record_type and id.", "ru": "Назовите запись: record_type и id."}
RECORD_TYPE = Parameter(
    name="record_type",
    where="query",
    description="`conversation`, `contact` or `company`.",
    required=True,
    schema={"enum": ["conversation", "contact", "company"]},
)
RECORD = Parameter(
    name="id",
    where="query",
    description="The record's id.",
    required=True,
    schema={"type": "string", "format": "uuid"},
)
AGAIN = Parameter(
    name="again",
    where="query",
    description="`true`: ask the plugin in any case, not what it said lately.",
    schema={"type": "boolean"},
)
PLUGIN = Parameter(
    name="plugin", where="path", required=True, description="The plugin's name.", schema={"type": "string"}
)
MAX_FIELDS = 50


def key_in(name: str, what: str) -> Parameter:
    """Return the parameter of a key in the path."""
    return Parameter(name=name, where="path", required=True, description=what, schema={"type": "string"})


def contribution_operations(crm: "Crm") -> list[Operation]:
    """Return what is read of plugins' contributions about records, and beside them."""

    def files(plugin: str, at: str, actor: Actor) -> FileAddress:
        return lambda id: f"/api/media/{id}?{crm.contributions.media.query(plugin, id, at, actor)}"

    async def list_panels(request: CrmRequest) -> Answer:
        slot, id = _record(request)
        await crm.records.get(slot, id, actor=actor_of(request))
        items = [
            {
                "key": key,
                "plugin": owned.plugin,
                "title": text_of(owned.item.title, request.language),
                "icon": owned.item.icon,
            }
            for key, owned in crm.contributions.panels.of(slot_of(slot))
        ]
        return Answer(body={"items": items})

    async def get_panel(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        slot, id = _record(request, "again")
        again = request.query("record_type", "id", "again").get("again") == "true"
        key = str(request.path_params["panel"])
        loaded = await crm.contributions.panels.load(
            key, slot_of(slot), id, actor=actor, language=request.language, again=again
        )
        if loaded is None:
            raise NotFound
        title = text_of(loaded.panel.title, request.language)
        at = files(loaded.plugin, f"{slot}:{id}", actor)
        return Answer(body=panel_document(loaded, title, request.language, at))

    async def list_tiles(request: CrmRequest) -> Answer:
        items = [
            {
                "key": key,
                "plugin": owned.plugin,
                "title": text_of(owned.item.title, request.language),
                "icon": owned.item.icon,
            }
            for key, owned in crm.contributions.tiles.of(actor_of(request))
        ]
        return Answer(body={"items": items})

    async def get_tile(request: CrmRequest) -> Answer:
        actor, key = actor_of(request), str(request.path_params["tile"])
        again = request.query("again").get("again") == "true"
        loaded = await crm.contributions.tiles.load(key, actor=actor, language=request.language, again=again)
        if loaded is None:
            raise NotFound
        title = text_of(loaded.panel.title, request.language)
        at = files(loaded.plugin, f"tile:{key}", actor)
        return Answer(body=panel_document(loaded, title, request.language, at))

    async def list_pages(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        counts = await crm.contributions.menu.counts(actor)
        items = [
            {
                "key": key,
                "plugin": owned.plugin,
                "title": text_of(owned.item.title, request.language),
                "icon": owned.item.icon,
                "path": f"/x/{owned.plugin}/{owned.item.key}",
                "menu": owned.item.menu,
                "count": counts.get(key, 0),
            }
            for key, owned in crm.contributions.menu.pages(actor)
        ]
        return Answer(body={"items": items})

    async def get_page(request: CrmRequest) -> Answer:
        actor, names = actor_of(request), request.path_params
        plugin, key = str(names["plugin"]), str(names["page"])
        owned = crm.contributions.menu.page(plugin, key, actor=actor)
        query = _any_query(request)
        path = query.pop("path", "")[:300]
        content = await crm.contributions.menu.load(
            owned, PageRequest(actor=actor, language=request.language, query=query, path=path)
        )
        filters = content.filters
        return Answer(
            body={
                "key": f"{plugin}.{key}",
                "plugin": plugin,
                "title": content.title[:200] or text_of(owned.item.title, request.language),
                "blocks": block_documents(content.blocks, files(plugin, f"page:{plugin}.{key}", actor)),
                "actions": msgspec.to_builtins(content.actions),
                "filters": {
                    "schema": msgspec.json.schema(filters.type),
                    "values": msgspec.to_builtins(dict(filters.values)),
                }
                if filters
                else None,
                "more": msgspec.to_builtins(content.more),
            }
        )

    async def timeline(request: CrmRequest) -> Answer:
        slot, id = _record(request)
        actor = actor_of(request)
        await crm.records.get(slot, id, actor=actor)
        found, failures = await crm.contributions.timelines.of(
            slot_of(slot), id, actor=actor, language=request.language
        )
        items = [
            {"plugin": sourced.plugin, "source": sourced.source, **msgspec.to_builtins(sourced.entry)}
            for sourced in found
        ]
        told = [
            {"plugin": failure.plugin, "message": failure.sentence(request.language)} for failure in failures
        ]
        return Answer(body={"items": items, "failures": told})

    async def message_blocks(request: CrmRequest) -> Answer:
        actor, id = actor_of(request), id_of(request)
        found = await crm.contributions.under_messages.of(id, actor=actor, language=request.language)
        items = [
            {
                "plugin": under.plugin,
                "blocks": block_documents(under.blocks, files(under.plugin, f"message:{id}", actor)),
            }
            for under in found
        ]
        return Answer(body={"items": items})

    async def media(request: CrmRequest) -> Answer:
        row = await crm.contributions.media.row(
            id_of(request), request.query(*PARTS), actor=actor_of(request)
        )
        return file_answer(request, crm.files, row)

    about = (RECORD_TYPE, RECORD)
    return [
        Operation(
            id="list_panels",
            method="GET",
            path="/api/panels",
            tag="contributions",
            summary="List the panels beside a record",
            description="Those that plugins bring for such records, in the order of the plugins.",
            anyone=True,
            parameters=about,
            success=Success(schema=reference("ContributionList"), description="All of them."),
            refusals=(404, 422),
            handler=list_panels,
        ),
        Operation(
            id="get_panel",
            method="GET",
            path="/api/panels/{panel:str}",
            tag="contributions",
            summary="Read a panel about a record",
            description=(
                "Blocks of typed values, each with its kind in `k`. `state` is `ok`, `empty`, `setup`, `stale` (what "
                "the plugin said before, with `fetched_at`), `error`, or `disabled` while a plugin that fails too "
                "often is left alone."
            ),
            anyone=True,
            parameters=(key_in("panel", "`PLUGIN.KEY`."), *about, AGAIN),
            success=Success(schema=reference("Panel"), description="What it says."),
            refusals=(404, 422),
            handler=get_panel,
        ),
        Operation(
            id="list_tiles",
            method="GET",
            path="/api/tiles",
            tag="contributions",
            summary="List the tiles of the overview",
            description="Those that you may see.",
            anyone=True,
            success=Success(schema=reference("ContributionList"), description="All of them."),
            handler=list_tiles,
        ),
        Operation(
            id="get_tile",
            method="GET",
            path="/api/tiles/{tile:str}",
            tag="contributions",
            summary="Read a tile",
            description="As a panel, about everything instead of one record.",
            anyone=True,
            parameters=(key_in("tile", "`PLUGIN.KEY`."), AGAIN),
            success=Success(schema=reference("Panel"), description="What it says."),
            refusals=(404, 422),
            handler=get_tile,
        ),
        Operation(
            id="list_pages",
            method="GET",
            path="/api/pages",
            tag="contributions",
            summary="List the pages of plugins",
            description="Those that you may open, with the number that stands beside each in the menu.",
            anyone=True,
            success=Success(schema=reference("PageList"), description="All of them."),
            handler=list_pages,
        ),
        Operation(
            id="get_page",
            method="GET",
            path="/api/x/{plugin:str}/pages/{page:str}",
            tag="contributions",
            summary="Read a page of a plugin",
            description=(
                "What stands in the query is given to the plugin; `path` is what follows the page's own address. "
                "`filters` has the JSON Schema of what can be asked for."
            ),
            anyone=True,
            parameters=(PLUGIN, key_in("page", "The page's key.")),
            success=Success(schema=reference("PluginPage"), description="What it shows."),
            refusals=(404,),
            handler=get_page,
        ),
        Operation(
            id="get_timeline",
            method="GET",
            path="/api/timeline",
            tag="contributions",
            summary="Read what plugins add to a timeline",
            description="The newest first; `failures` says which plugins could not be asked.",
            anyone=True,
            parameters=about,
            success=Success(schema=reference("Timeline"), description="The entries."),
            refusals=(404, 422),
            handler=timeline,
        ),
        Operation(
            id="get_message_blocks",
            method="GET",
            path="/api/messages/{id:str}/blocks",
            tag="contributions",
            summary="Read what plugins show under a message",
            description="A recording, a card; a file has its `url`, which holds for you and for twelve hours.",
            permission="message.read",
            parameters=(path_id(description="The message's id."),),
            success=Success(schema=reference("MessageBlocks"), description="By plugin."),
            refusals=(404,),
            handler=message_blocks,
        ),
        Operation(
            id="get_media",
            method="GET",
            path="/api/media/{id:str}",
            tag="contributions",
            summary="Fetch a file in a block",
            description="At the address that stands in the block; one `Range` is honoured, and `If-None-Match`.",
            anyone=True,
            parameters=(
                path_id(description="The file's id."),
                *(
                    Parameter(
                        name=name,
                        where="query",
                        description="As it stands in the address.",
                        required=True,
                        schema={"type": "string"},
                    )
                    for name in PARTS
                ),
            ),
            success=Success(description="The file.", headers=("ETag",)),
            others=(
                Success(status=206, description="The range asked for.", headers=("ETag",)),
                Success(status=304, description="It is the one you have.", headers=("ETag",)),
            ),
            refusals=(404,),
            handler=media,
        ),
    ]


def _record(request: CrmRequest, *more: str) -> tuple[str, UUID]:
    values = request.query("record_type", "id", *more)
    try:
        return values["record_type"], UUID(values["id"])
    except (KeyError, ValueError):
        raise Invalid(problems=(Problem(path="/id", code="required", message=NEEDED),)) from None


def _any_query(request: CrmRequest) -> dict[str, str]:
    text: bytes = request.scope["query_string"]
    try:
        pairs: list[tuple[str, str]] = parse_qsl(text.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    found: dict[str, Any] = {name[:100]: value[:1000] for name, value in pairs if "\0" not in name + value}
    return found
