"""A plugin for the tests of contributions: one of each kind, some of them slow, failing or hostile."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from crmcore import (
    Action,
    ActionCall,
    ActionRef,
    ActionResult,
    Actor,
    Badge,
    Badges,
    Block,
    Chart,
    CheckResult,
    Command,
    Filters,
    HealthCheck,
    Item,
    Items,
    KeyValue,
    KeyValues,
    Link,
    Media,
    MessageBlocks,
    MessageView,
    Meter,
    Money,
    Note,
    Page,
    PageContent,
    PageRequest,
    Panel,
    PanelContent,
    Permission,
    Phone,
    PluginContext,
    Problem,
    Refusal,
    Series,
    SetupStep,
    Spark,
    Subject,
    Tile,
    TileRequest,
    Timeline,
    TimelineEntry,
    TimelineSource,
    hookimpl,
    setting,
)

HOSTILE = "<script>alert(1)</script>\" onmouseover='x'"
CALLS: dict[str, list[Any]] = {}
RECORDING: dict[str, UUID] = {}


def noted(name: str, what: Any) -> int:
    """Write down that something was called, and return how often it was."""
    CALLS.setdefault(name, []).append(what)
    return len(CALLS[name])


class Refund(Struct, forbid_unknown_fields=True):
    """What is asked before money goes back."""

    amount: Annotated[float, setting({"en": "Amount", "ru": "Сумма"}, ge=1)]
    reason: Annotated[str, setting({"en": "Reason", "ru": "Причина"}, max_length=200)] = ""


async def prepare_refund(call: ActionCall, plugin: PluginContext) -> Refund:
    if call.item == "gone":
        raise Refusal(Problem(code="gone", message={"en": "No such order.", "ru": "Заказа нет."}))
    return Refund(amount=42.5)


async def refund(call: ActionCall, plugin: PluginContext) -> ActionResult:
    if call.data.amount > 100:
        message = {"en": "At most 100.", "ru": "Не больше 100."}
        return ActionResult(problems=(Problem(code="too_much", message=message, path="/amount"),))
    count = noted("refund", call)
    if call.item == "slow":
        await asyncio.sleep(0.3)
    return ActionResult(message={"en": f"Refunded {count} {HOSTILE}", "ru": f"Возвращено {count}"})


async def ring(call: ActionCall, plugin: PluginContext) -> ActionResult:
    noted("ring", call)
    return ActionResult(message="Ringing")


async def broken(call: ActionCall, plugin: PluginContext) -> ActionResult:
    raise RuntimeError("secret detail")


async def mark(call: ActionCall, plugin: PluginContext) -> ActionResult:
    if call.document.get("name") == "Priya Nair":
        raise Refusal(Problem(code="no", message={"en": "Not her.", "ru": "Не её."}))
    noted("mark", call.id)
    return ActionResult(message="Marked")


@hookimpl
def register_actions() -> list[Action]:
    return [
        Action(
            key="refund",
            label={"en": "Refund…", "ru": "Вернуть…"},
            form=Refund,
            prepare=prepare_refund,
            run=refund,
            confirm={"en": "Give the money back?", "ru": "Вернуть деньги?"},
            permission="desk.refund",
            tone="danger",
        ),
        Action(
            key="ring",
            label={"en": "Call", "ru": "Позвонить"},
            on=("phone", "contact"),
            icon="phone",
            run=ring,
        ),
        Action(key="broken", label="Broken", run=broken),
        Action(key="nobody", label="Nobody", on=("contact",), permission="desk.unheard_of", run=ring),
        Action(
            key="mark",
            label={"en": "Mark", "ru": "Пометить"},
            on=("contact", "conversation"),
            bulk=True,
            confirm="Mark them?",
            run=mark,
        ),
    ]


async def everything(subject: Subject, plugin: PluginContext) -> PanelContent:
    at = plugin.now() - timedelta(hours=1)
    blocks: tuple[Block, ...] = (
        Items(
            (
                Item(
                    HOSTILE,
                    meta=(Money(Decimal("42.50"), "EUR"),),
                    actions=(ActionRef("refund", item="10482"),),
                ),
            )
        ),
        KeyValues(
            (
                KeyValue("Phone", Phone("+4930555019")),
                KeyValue("Marks", Badges((Badge("VIP", "violet"), Badge(HOSTILE)))),
            )
        ),
        Meter("Quota", 30, 120, "warn", HOSTILE),
        Spark("Visits", (1, 5, 2.5), "Rising"),
        Chart("bar", "Orders", ("Mon", HOSTILE), (Series("Paid", (3, -1), "ok"), Series("Open", (0.5, 2)))),
        Chart("line", "Calls", ("Mon", "Tue"), (Series("All", (3, 4)),)),
        Timeline((TimelineEntry(at=at, title="Paid", actions=(ActionRef("broken"),)),)),
        Note("Said", "accent"),
    )
    if "file" in RECORDING:
        blocks = (*blocks, Media("audio", RECORDING["file"], "Call with Anna", 247))
    return PanelContent(blocks=blocks, actions=(ActionRef("refund", "Refund all", "all"),))


async def too_heavy(subject: Subject, plugin: PluginContext) -> PanelContent:
    return PanelContent(blocks=(Note("x" * 70_000),))


async def no_figure(subject: Subject, plugin: PluginContext) -> PanelContent:
    return PanelContent(blocks=(Meter("Full", float("nan")),))


@hookimpl
def register_panels() -> list[Panel]:
    return [
        Panel(
            key="everything", title="Everything", load=everything, slots=("contact", "conversation"), order=1
        ),
        Panel(key="heavy", title="Heavy", load=too_heavy, slots=("contact",), order=2),
        Panel(key="figure", title="Figure", load=no_figure, slots=("contact",), order=3),
    ]


class OrderFilter(Struct):
    state: Annotated[str, Meta(max_length=20)] = ""


async def orders(request: PageRequest, plugin: PluginContext) -> PageContent:
    state = request.query.get("state", "")
    rows = tuple(Item(f"Order {number} {state} {request.path}") for number in range(70))
    return PageContent(
        blocks=(Items(rows), Note(HOSTILE)),
        actions=(ActionRef("ring", item="+4930555019"),),
        filters=Filters(type=OrderFilter, values={"state": state}),
        more=Link("More", "/x/desk/orders?after=70"),
    )


async def waiting(actor: Actor, plugin: PluginContext) -> int:
    return 7


async def refusing(*args: Any) -> Any:
    raise Refusal(Problem(code="no", message="Not today."))


async def failing(*args: Any) -> Any:
    raise RuntimeError("no luck")


@hookimpl
def register_pages() -> list[Page]:
    return [
        Page(
            key="orders", title={"en": "Orders", "ru": "Заказы"}, load=orders, count=waiting, icon="package"
        ),
        Page(key="broken", title="Broken page", load=failing, count=failing),
        Page(key="vault", title="Vault", load=orders, permission="desk.refund"),
    ]


async def happened(
    subject: Subject, before: datetime | None, limit: int, plugin: PluginContext
) -> Sequence[TimelineEntry]:
    at = plugin.now() - timedelta(hours=2)
    return [
        TimelineEntry(
            at=at,
            title=f"Bought {HOSTILE}",
            href="https://shop.example/1",
            actions=(ActionRef("ring", item=""),),
        ),
        TimelineEntry(at=at.replace(tzinfo=None), title="Without a zone"),
        TimelineEntry(at=at - timedelta(days=1), title="Signed up", href="javascript:alert(1)"),
    ]


@hookimpl
def register_timeline() -> list[TimelineSource]:
    return [
        TimelineSource(key="shop", label="Shop", load=happened, slots=("contact", "conversation")),
        TimelineSource(key="broken", label="Broken", load=failing, slots=("contact",)),
    ]


async def under(message: MessageView, plugin: PluginContext) -> tuple[Block, ...]:
    noted("under", message)
    return (Note(f"Heard {HOSTILE}"), Media("audio", RECORDING["file"], "Recording", 61)) if RECORDING else ()


@hookimpl
def register_message_blocks() -> list[MessageBlocks]:
    return [
        MessageBlocks(channels=("api",), load=under),
        MessageBlocks(channels=("api",), load=failing, key="broken"),
    ]


@hookimpl
def register_commands() -> list[Command]:
    return [
        Command(
            key="new",
            label={"en": "New order", "ru": "Новый заказ"},
            keywords="buy shop",
            open="/x/desk/orders?new=1",
        ),
        Command(key="vault", label="Open the vault", open="/x/desk/vault", permission="desk.refund"),
    ]


async def yes(plugin: PluginContext) -> bool:
    return True


@hookimpl
def register_setup_steps() -> list[SetupStep]:
    return [
        SetupStep(key="connect", title="Connect the shop", done=yes, open="/settings/plugins", order=1),
        SetupStep(key="stock", title="Count the stock", done=failing, open="/x/desk/orders", order=2),
    ]


async def sales(request: TileRequest, plugin: PluginContext) -> PanelContent:
    noted("sales", request)
    return PanelContent(blocks=(Spark("Sales", (1, 2, 3)),), actions=(ActionRef("ring", item="+4930555019"),))


@hookimpl
def register_tiles() -> list[Tile]:
    return [
        Tile(key="sales", title={"en": "Sales", "ru": "Продажи"}, load=sales),
        Tile(key="broken", title="Broken tile", load=failing),
        Tile(key="refusing", title="Refusing tile", load=refusing),
        Tile(key="vault", title="Vault", load=sales, permission="desk.refund"),
    ]


@hookimpl
def register_permissions() -> list[Permission]:
    return [Permission(key="desk.refund", label={"en": "Refund orders", "ru": "Возвращать деньги"})]


async def well(plugin: PluginContext) -> CheckResult:
    noted("well", 1)
    return CheckResult(ok=True, message="The shop answers.")


@hookimpl
def register_health() -> list[HealthCheck]:
    return [
        HealthCheck(key="shop", label="Shop", run=well),
        HealthCheck(key="stock", label="Stock", run=failing),
    ]
