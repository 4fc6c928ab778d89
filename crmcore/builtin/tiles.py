"""The core's own tiles: what waits, for how long, what was done, and where it comes from."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from babel.dates import format_date

from crmcore.builtin import tile_words as words
from crmcore.contracts.blocks import Chart, Item, Items, Meter, Series, Stat, Stats
from crmcore.contracts.context import PluginContext
from crmcore.contracts.labels import text_of
from crmcore.contracts.panels import PanelContent
from crmcore.contracts.tiles import Tile, TileRequest
from crmcore.contracts.values import Link, Num, Text, Tone, Value, When
from crmcore.conversations.tables import ChannelAccountRow
from crmcore.hookspecs import hookimpl
from crmcore.records.moments import Present
from crmcore.records.query import ListQuery

MOST = 10_000
"""Counting goes no further: “10,000+” says as much, and costs the same on a hundred times as many records."""
_LONGEST = 5
_CHANNELS = 8
_DAYS = 14
_ACTIVE = {"field": "status", "op": "in", "value": ["open", "waiting"]}
_WAITS = {"field": "waiting_since", "op": "lte", "value": "now"}
_TODAY = {"field": "last_outbound_at", "op": "within", "value": "today"}
# No answer is later than the last activity, and that one has an index.
_ACTIVE_TODAY = {"field": "last_activity_at", "op": "within", "value": "today"}


class Tiles:
    """Contributes the tiles of conversations and of tasks."""

    crm: Any

    @hookimpl
    def register_tiles(self) -> list[Tile]:
        """Return the built-in tiles; the figures are of what the viewer may see."""
        talk, task = "conversation.read", "task.read"
        return [
            Tile(
                key="work",
                title=words.WORK,
                load=self._work,
                icon="inbox",
                permission=talk,
                order=10,
                ttl_s=30,
            ),
            Tile(
                key="waiting",
                title=words.LONGEST,
                load=self._waiting,
                icon="clock",
                permission=talk,
                order=40,
                ttl_s=30,
            ),
            Tile(
                key="tasks",
                title=words.TASKS,
                load=self._tasks,
                icon="square-check-big",
                permission=task,
                order=20,
                ttl_s=30,
            ),
            Tile(
                key="channels",
                title=words.CHANNELS,
                load=self._channels,
                icon="send",
                permission=talk,
                order=30,
                ttl_s=60,
            ),
            Tile(
                key="days", title=words.DAYS, load=self._days, icon="chart-column", permission=talk, order=50
            ),
        ]

    async def _work(self, request: TileRequest, plugin: PluginContext) -> PanelContent:
        wanted: dict[str, list[dict[str, Any]]] = {
            "open": [_ACTIVE],
            "unassigned": [_ACTIVE, {"field": "assignee_id", "op": "empty"}],
            "unanswered": [_ACTIVE, _WAITS],
            "answered": [_TODAY, _ACTIVE_TODAY],
        }
        found = await self._counts(request, "conversation", wanted)
        if not any(found.values()):
            return _nothing(words.NO_WORK, request)
        tones: dict[str, Tone] = {
            "unassigned": "warn" if found["unassigned"] else "neutral",
            "answered": "ok",
        }
        stats = (
            Stat(text_of(label, request.language), _most(found[name]), tones.get(name, "neutral"))
            for name, label in words.FIGURES.items()
        )
        return _linked((Stats(tuple(stats)),), words.INBOX, "/inbox?view=all", request)

    async def _waiting(self, request: TileRequest, plugin: PluginContext) -> PanelContent:
        asked = ListQuery(
            filter={"all": [_ACTIVE, _WAITS]},
            sort="waiting_since",
            limit=_LONGEST,
        )
        page = await self.crm.records.list("conversation", asked, actor=request.actor)
        items = []
        for row in (record.document for record in page.items):
            if not row.get("waiting_since"):
                continue
            owner = (row.get("assignee") or {}).get("name") or text_of(words.NOBODY, request.language)
            who = (row.get("contact") or {}).get("name") or ""
            title = f"#{row['number']} {row.get('subject') or who}".strip()
            meta: tuple[Value, ...] = (When(row["waiting_since"]), Text(owner))
            items.append(Item(title, who if row.get("subject") else "", meta, f"/inbox/{row['id']}"))
        if not items:
            return _nothing(words.NOBODY_WAITS, request)
        return PanelContent(blocks=(Items(tuple(items)),))

    async def _tasks(self, request: TileRequest, plugin: PluginContext) -> PanelContent:
        is_open = {"field": "status", "op": "eq", "value": "open"}
        wanted = {
            "overdue": [is_open, {"field": "due_at", "op": "lt", "value": "now"}],
            "today": [is_open, {"field": "due_at", "op": "within", "value": "today"}],
            "open": [is_open],
        }
        found = await self._counts(request, "task", wanted)
        if not found["open"]:
            return _nothing(words.NO_TASKS, request)
        tone: Tone = "bad" if found["overdue"] else "neutral"
        stats = (
            Stat(
                text_of(label, request.language), _most(found[name]), tone if name == "overdue" else "neutral"
            )
            for name, label in words.DUE.items()
        )
        return _linked((Stats(tuple(stats)),), words.ALL_TASKS, "/tasks?view=open&owner=all", request)

    async def _channels(self, request: TileRequest, plugin: PluginContext) -> PanelContent:
        asked = ListQuery(filter={"all": [_ACTIVE]})
        found = await self.crm.records.tally(
            "conversation", asked, "account", actor=request.actor, at_most=MOST
        )
        if not found:
            return _nothing(words.NO_WORK, request)
        account = ChannelAccountRow
        ids = [id for id in found if id is not None]
        rows = await account.select(account.id, account.name).where(account.id.is_in(ids)) if ids else []
        names = {row["id"]: row["name"] for row in rows}
        total = float(sum(found.values()))
        most = sorted(found.items(), key=lambda pair: -pair[1])[:_CHANNELS]
        meters = (
            Meter(names.get(id) or text_of(words.NO_CHANNEL, request.language), float(many), total)
            for id, many in most
        )
        return PanelContent(blocks=tuple(meters))

    async def _days(self, request: TileRequest, plugin: PluginContext) -> PanelContent:
        zone = Present(now=plugin.now(), time_zone=request.actor.time_zone).zone
        today = plugin.now().astimezone(zone).date()
        days = [today - timedelta(days=back) for back in range(_DAYS - 1, -1, -1)]
        edges = [datetime.combine(day, time(), zone).astimezone(UTC).isoformat() for day in days]
        wanted = {
            start: [_created("gte", start), *([_created("lt", end)] if end else [])]
            for start, end in zip(edges, [*edges[1:], ""], strict=True)
        }
        found = await self._counts(request, "conversation", wanted)
        if not any(found.values()):
            return _nothing(words.NO_WORK, request)
        chart = Chart(
            "bar",
            text_of(words.DAYS_TITLE, request.language),
            tuple(format_date(day, "d MMM", locale=request.language) for day in days),
            (Series(text_of(words.DAYS, request.language), tuple(float(many) for many in found.values())),),
        )
        return PanelContent(blocks=(chart,))

    async def _counts(
        self, request: TileRequest, kind: str, wanted: dict[str, list[dict[str, Any]]]
    ) -> dict[str, int]:
        queries = {name: ListQuery(filter={"all": parts}) for name, parts in wanted.items()}
        found: dict[str, int] = await self.crm.records.counts(
            kind, queries, actor=request.actor, at_most=MOST
        )
        return found


def _created(op: str, moment: str) -> dict[str, Any]:
    return {"field": "created_at", "op": op, "value": moment}


def _most(many: int) -> Value:
    return Num(many) if many < MOST else Text(f"{MOST}+")


def _nothing(message: dict[str, str], request: TileRequest) -> PanelContent:
    return PanelContent(status="empty", message=text_of(message, request.language))


def _linked(blocks: tuple[Stats], label: dict[str, str], to: str, request: TileRequest) -> PanelContent:
    return PanelContent(blocks=blocks, link=Link(text_of(label, request.language), to))
