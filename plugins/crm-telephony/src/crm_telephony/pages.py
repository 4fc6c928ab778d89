"""The page "Calls": all of them, or one's own, with filters and figures; and one call."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct
from piccolo.query.functions.aggregate import Count, Sum

from crm_telephony import words
from crm_telephony.scripts import script_for
from crm_telephony.shown import facts_of, item_of, marks_of, media_of, script_blocks, title_of
from crm_telephony.sight import may_see, own_calls, sees_numbers
from crm_telephony.tables import TelephonyCall
from crmcore import (
    ActionRef,
    Actor,
    Block,
    Chart,
    Filters,
    Item,
    Items,
    Label,
    Link,
    Note,
    Num,
    Page,
    PageContent,
    PageRequest,
    PluginContext,
    Series,
    Stat,
    Stats,
    setting,
    text_of,
)

SHOWN = 30
DAYS = {"1": 1, "7": 7, "30": 30, "90": 90}
_MORE: Label = {"en": "Older calls", "ru": "Более ранние"}
_NONE: Label = {"en": "There are no such calls.", "ru": "Таких звонков нет."}
_NO_CALL: Label = {
    "en": "There is no such call, or it is not yours to see.",
    "ru": "Такого звонка нет или он вам недоступен.",
}
_CHART: Label = {"en": "Calls by day", "ru": "Звонки по дням"}
_STATS: dict[str, Label] = {
    "all": {"en": "Calls", "ru": "Звонков"},
    "missed": {"en": "Missed", "ru": "Пропущено"},
    "waited": {"en": "Mean wait", "ru": "Среднее ожидание"},
    "talked": {"en": "Mean talk", "ru": "Средний разговор"},
}
_SERIES: dict[str, Label] = {
    "answered": {"en": "Answered", "ru": "Отвечено"},
    "missed": {"en": "Missed", "ru": "Пропущено"},
}


class CallFilters(Struct, frozen=True, kw_only=True):
    """What calls are asked for."""

    direction: Annotated[
        Literal["", "in", "out"],
        setting({"en": "Direction", "ru": "Направление"}, choices=words.DIRECTIONS),
    ] = ""
    outcome: Annotated[
        Literal["", "answered", "missed", "recorded"],
        setting({"en": "Outcome", "ru": "Итог"}, choices=words.OUTCOMES),
    ] = ""
    days: Annotated[
        Literal["1", "7", "30", "90"], setting({"en": "Period", "ru": "Период"}, choices=words.PERIODS)
    ] = "7"
    line: Annotated[str, setting({"en": "Line", "ru": "Линия"}, max_length=40)] = ""
    agent: Annotated[str, setting({"en": "Agent’s phone", "ru": "Телефон сотрудника"}, max_length=120)] = ""
    number: Annotated[str, setting({"en": "Number", "ru": "Номер"}, max_length=40)] = ""


async def load_page(request: PageRequest, plugin: PluginContext) -> PageContent:
    """Return the list, or the call whose id stands in the path."""
    if request.path:
        return await _one(request, plugin)
    filters = _filters(request)
    since = plugin.now() - timedelta(days=DAYS[filters.days])
    condition = _condition(filters, since, request.actor)
    before = _moment(request.query.get("before", ""))
    shown = condition if before is None else condition & (TelephonyCall.ended_at < before)
    rows = (
        await TelephonyCall.select()
        .where(shown)
        .order_by(TelephonyCall.ended_at, ascending=False)
        .limit(SHOWN + 1)
    )
    language = request.language
    blocks: list[Block] = []
    if before is None:
        blocks += await _figures(condition, language)
    names = await _names(rows[:SHOWN], request.actor, plugin)
    items = tuple(
        item_of(row, request.actor, language, name=names.get(row["contact"], "")) for row in rows[:SHOWN]
    )
    blocks.append(Items(items=items, empty=text_of(_NONE, language)))
    if before is None and rows:
        blocks += await _chart(condition, filters, _there(plugin.now(), request.actor), language)
    return PageContent(
        blocks=tuple(blocks),
        filters=Filters(type=CallFilters, values=msgspec.to_builtins(filters)),
        more=_more(rows, filters, language),
    )


async def going_on(actor: Actor, plugin: PluginContext) -> int:
    """Return how many calls go on now that this person sees."""
    condition = TelephonyCall.stage != "ended"
    own = own_calls(actor)
    return int(await TelephonyCall.count().where(condition if own is None else condition & own))


async def _names(rows: list[dict[str, Any]], actor: Actor, plugin: PluginContext) -> dict[UUID, str]:
    """Return the names of the contacts of calls, of those whom ``actor`` sees."""
    records = plugin.records.seen_by(actor)
    found = {}
    for id in {row["contact"] for row in rows if row["contact"] is not None}:
        if (contact := await records.get("contact", id)) is not None:
            found[id] = str(contact.document.get("name") or "")
    return found


async def _one(request: PageRequest, plugin: PluginContext) -> PageContent:
    language, actor = request.language, request.actor
    try:
        id = UUID(request.path)
    except ValueError:
        id = UUID(int=0)
    row = await TelephonyCall.select().where(TelephonyCall.id == id).first()
    if row is None or not await may_see(row, actor, plugin):
        return PageContent(blocks=(Note(text_of(_NO_CALL, language), "warn"),))
    contact = await plugin.records.seen_by(actor).get("contact", row["contact"]) if row["contact"] else None
    name = str(contact.document.get("name") or row["number"]) if contact else ""
    blocks: list[Block] = []
    if row["stage"] != "ended" and (script := await script_for(row)) is not None:
        blocks += script_blocks(script, language)
    blocks.append(facts_of(row, actor, language, name))
    if (media := media_of(row, actor, language)) is not None:
        blocks.append(media)
    elif (said := _RECORDING.get(row["recording_state"])) is not None:
        blocks.append(Note(text_of(said, language)))
    marks = marks_of(row, language)
    if row["contact"] and contact:
        blocks.append(Items(items=(Item(title=name, href=f"/contacts/{row['contact']}", meta=tuple(marks)),)))
    return PageContent(
        blocks=tuple(blocks),
        title=title_of(row, language),
        actions=(ActionRef("note", "", str(row["id"])),),
    )


_RECORDING: dict[str, Label] = {
    "waiting": words.RECORDING_WAITS,
    "failed": words.RECORDING_FAILED,
    "deleted": words.RECORDING_DELETED,
}


def _filters(request: PageRequest) -> CallFilters:
    """Return what the query asks for; what is no filter or no value is as if it was not there."""
    given = {name: value for name, value in request.query.items() if name in CallFilters.__struct_fields__}
    for name in list(given):
        try:
            msgspec.convert({name: given[name]}, CallFilters)
        except msgspec.ValidationError:
            del given[name]
    return msgspec.convert(given, CallFilters)


def _condition(filters: CallFilters, since: datetime, actor: Actor) -> Any:
    call = TelephonyCall
    condition: Any = call.ended_at >= since
    if (own := own_calls(actor)) is not None:
        condition = condition & own
    if filters.direction:
        condition = condition & (call.direction == filters.direction)
    if filters.outcome == "answered":
        condition = condition & (call.outcome == "answered")
    elif filters.outcome == "missed":
        condition = condition & _missed()
    elif filters.outcome == "recorded":
        condition = condition & call.recording.is_not_null()
    if filters.line:
        condition = condition & (call.line == filters.line)
    if filters.agent:
        condition = condition & (call.agent == filters.agent)
    digits = "".join(char for char in filters.number if char.isascii() and char.isdigit())
    if digits and sees_numbers(actor):
        condition = condition & call.number.like(f"%{digits}%")
    return condition


def _missed() -> Any:
    call = TelephonyCall
    return (call.direction == "in") & (call.outcome != "answered") & (call.stage == "ended")


async def _figures(condition: Any, language: str) -> list[Block]:
    call = TelephonyCall
    total = await call.count().where(condition)
    if not total:
        return []
    missed = await call.count().where(condition & _missed())
    answered = condition & (call.outcome == "answered") & (call.stage == "ended")
    sums = await call.select(
        Count(call.id, alias="count"), Sum(call.seconds, alias="talked"), Sum(call.waited_s, alias="waited")
    ).where(answered)
    count, talked, waited = (int(sums[0][name] or 0) for name in ("count", "talked", "waited"))
    talked, waited = talked // max(count, 1), waited // max(count, 1)
    unit = text_of(words.UNIT, language)
    stats = Stats(
        items=(
            Stat(text_of(_STATS["all"], language), Num(total)),
            Stat(text_of(_STATS["missed"], language), Num(missed), "bad" if missed else "neutral"),
            Stat(text_of(_STATS["waited"], language), Num(waited, unit)),
            Stat(text_of(_STATS["talked"], language), Num(talked, unit)),
        )
    )
    return [stats]


async def _chart(condition: Any, filters: CallFilters, now: datetime, language: str) -> list[Block]:
    """Return calls by day: of at most thirty days, because more do not fit."""
    days = DAYS[filters.days]
    if days not in (7, 30):
        return []
    answered, missed = Counter[str](), Counter[str]()
    for offset in range(days):
        day = (now - timedelta(days=days - 1 - offset)).replace(hour=0, minute=0, second=0, microsecond=0)
        within = (
            condition & (TelephonyCall.ended_at >= day) & (TelephonyCall.ended_at < day + timedelta(days=1))
        )
        name = f"{day:%d.%m}"
        answered[name] = await TelephonyCall.count().where(within & (TelephonyCall.outcome == "answered"))
        missed[name] = await TelephonyCall.count().where(within & _missed())
    x = tuple(answered)
    return [
        Chart(
            "bar",
            text_of(_CHART, language),
            x,
            (
                Series(
                    text_of(_SERIES["answered"], language), tuple(float(answered[day]) for day in x), "ok"
                ),
                Series(text_of(_SERIES["missed"], language), tuple(float(missed[day]) for day in x), "bad"),
            ),
        )
    ]


def _there(now: datetime, actor: Actor) -> datetime:
    """Return the moment on the clock of ``actor``, whose days are meant."""
    try:
        return now.astimezone(ZoneInfo(actor.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return now


def _more(rows: list[dict[str, Any]], filters: CallFilters, language: str) -> Link | None:
    if len(rows) <= SHOWN:
        return None
    asked = {name: value for name, value in msgspec.to_builtins(filters).items() if value}
    asked["before"] = rows[SHOWN - 1]["ended_at"].astimezone(UTC).isoformat()
    return Link(text_of(_MORE, language), f"/x/telephony/calls?{urlencode(asked)}")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


CALLS_PAGE = Page(
    key="calls",
    title=words.CALLS,
    load=load_page,
    icon="phone",
    count=going_on,
    order=300,
)
