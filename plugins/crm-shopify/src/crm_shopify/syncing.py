"""The first import and the nightly reconciliation: page by page, with progress, resumed where it was broken off."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from crm_shopify.answers import CountsAnswer, CustomersAnswer, OrdersAnswer, PageInfo
from crm_shopify.books import books
from crm_shopify.client import ask, priced
from crm_shopify.customers import keep_customers, mark_again
from crm_shopify.facts import customer_facts, order_facts
from crm_shopify.orders import keep_orders
from crm_shopify.queries import COUNTS, CUSTOMERS, ORDERS
from crm_shopify.refreshing import account_of, again
from crm_shopify.shop import KEY
from crm_shopify.subscriptions import subscribe
from crm_shopify.throttle import KEPT_FOR_PEOPLE, Cost
from crm_shopify.trouble import ShopifyTrouble
from crmcore import Busy, ChannelAccount, Job, PluginContext

SYNC, NIGHTLY, WATCH = "sync", "reconcile", "watch"
# A single query may cost 1,000 points; an order with its parts is dearer than a customer.
CUSTOMERS_A_PAGE, ORDERS_A_PAGE = 100, 25
# Pages change while they are read, and clocks differ.
OVERLAP = timedelta(hours=1)
PATIENCE_S = 60.0
# One run of the job goes on so long, then the next one takes over.
LONGEST_RUN = timedelta(minutes=50)

Kind = Literal["import", "reconcile"]


class Sync(Struct, frozen=True, kw_only=True):
    """Where the fetching of a shop stands. ``since`` is empty in the first import; ``trouble`` is why it rests."""

    kind: Kind
    began: datetime
    since: str = ""
    phase: Literal["customers", "orders", "done"] = "customers"
    cursor: str | None = None
    done: int = 0
    total: int = 0
    trouble: str = ""


async def standing(account: UUID, plugin: PluginContext) -> Sync | None:
    """Return where the fetching of this shop stands; None before the first."""
    kept = await plugin.store.get(f"sync:{account}")
    return msgspec.convert(kept, Sync) if kept else None


async def _keep(account: UUID, sync: Sync, plugin: PluginContext) -> None:
    await plugin.store.set(f"sync:{account}", msgspec.to_builtins(sync))


async def begin(account: UUID, plugin: PluginContext) -> None:
    """Go on with what was broken off, else fetch everything, else what has changed since the last time."""
    sync = await standing(account, plugin)
    if sync is None:
        await _keep(account, Sync(kind="import", began=plugin.now()), plugin)
    elif sync.phase == "done":
        since = (sync.began - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
        await _keep(account, Sync(kind="reconcile", began=plugin.now(), since=since), plugin)
    await plugin.enqueue(SYNC, {"account": str(account)}, key=str(account))


async def run_sync(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Fetch page after page; where it stands is kept after each, so nothing is fetched twice after a restart."""
    id = UUID(payload["account"])
    try:
        async with plugin.lock(f"sync:{id}", timeout_s=1.0):
            await _run(id, plugin)
    except Busy:
        return  # Another worker is at it.


async def _run(id: UUID, plugin: PluginContext) -> None:
    account, sync = await account_of(id, plugin), await standing(id, plugin)
    if account is None or sync is None or sync.phase == "done":
        return
    started = plugin.now()
    try:
        if not sync.total:
            counts = await ask(
                account, plugin, COUNTS, {"query": _query(sync)}, CountsAnswer, patience_s=PATIENCE_S
            )
            sync = msgspec.structs.replace(sync, total=counts.total)
        while sync.phase != "done":
            sync, cost = await _page(account, sync, plugin)
            await _keep(id, sync, plugin)
            await plugin.progress(sync.done, max(sync.total, sync.done))
            if sync.phase == "done":
                break
            if plugin.now() - started > LONGEST_RUN:
                await plugin.enqueue(SYNC, {"account": str(id)}, key=f"{id}:{sync.done}")
                return
            await asyncio.sleep(cost.wait_s(spare=KEPT_FOR_PEOPLE))
            account = await account_of(id, plugin) or account
    except ShopifyTrouble as error:
        await _keep(id, msgspec.structs.replace(sync, trouble=str(error)), plugin)
        raise again(error) from error


async def _page(account: ChannelAccount, sync: Sync, plugin: PluginContext) -> tuple[Sync, Cost]:
    """Fetch and keep one page; return where it stands then, and what it cost."""
    tell = sync.kind == "reconcile"
    variables: dict[str, Any] = {"after": sync.cursor, "query": _query(sync)}
    if sync.phase == "customers":
        variables |= {"first": CUSTOMERS_A_PAGE}
        customers = await priced(
            account, plugin, CUSTOMERS, variables, CustomersAnswer, patience_s=PATIENCE_S
        )
        nodes = customers.answer.customers.nodes
        async with books(account.id, plugin):
            await keep_customers([customer_facts(one) for one in nodes], account, plugin, tell=tell)
        return _after(sync, len(nodes), customers.answer.customers.page_info, "orders"), customers.cost
    variables |= {"first": ORDERS_A_PAGE}
    orders = await priced(account, plugin, ORDERS, variables, OrdersAnswer, patience_s=PATIENCE_S)
    async with books(account.id, plugin):
        facts = [order_facts(one) for one in orders.answer.orders.nodes]
        await keep_orders(facts, account, plugin, tell=tell)
    return _after(sync, len(facts), orders.answer.orders.page_info, "done"), orders.cost


def _after(sync: Sync, count: int, page: PageInfo, then: Literal["orders", "done"]) -> Sync:
    """Return where it stands after a page. A page that says there is more without saying after what is the last."""
    more = page.has_next_page and page.end_cursor and page.end_cursor != sync.cursor
    if more:
        return msgspec.structs.replace(sync, cursor=page.end_cursor, done=sync.done + count, trouble="")
    return msgspec.structs.replace(sync, phase=then, cursor=None, done=sync.done + count, trouble="")


def _query(sync: Sync) -> str | None:
    return f"updated_at:>='{sync.since}'" if sync.since else None


async def reconcile(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Every night: fetch what has changed in every shop, and make the subscriptions that Shopify has dropped."""
    for account in await plugin.connections.list(KEY):
        if account.config.connected:
            await begin(account.id, plugin)
            await _subscribe(account, plugin)


async def watch(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Begin with shops that were connected since, and mark customers anew where the limit was changed."""
    for account in await plugin.connections.list(KEY):
        if not account.config.connected:
            continue
        limit, key = account.config.most_valuable_from, f"limit:{account.id}"
        if await standing(account.id, plugin) is None:
            await begin(account.id, plugin)
            await _subscribe(account, plugin)
            await plugin.store.set(key, limit)
        elif await plugin.store.get(key) != limit:
            async with books(account.id, plugin):
                await mark_again(account, plugin)
            await plugin.store.set(key, limit)


async def _subscribe(account: ChannelAccount, plugin: PluginContext) -> None:
    try:
        await subscribe(account, plugin)
    except ShopifyTrouble as error:
        # The health check says so too; the reconciliation works without.
        plugin.log.warning("shopify_subscriptions_failed", shop=account.config.handle, reason=str(error))


SYNC_JOB = Job(
    key=SYNC,
    run=run_sync,
    label={"en": "Fetch customers and orders from Shopify", "ru": "Забрать клиентов и заказы из Shopify"},
    priority="low",
    at_once=2,
    timeout_s=3_600.0,
)
NIGHTLY_JOB = Job(
    key=NIGHTLY,
    run=reconcile,
    label={"en": "Reconcile with Shopify", "ru": "Сверка с Shopify"},
    at="20 3 * * *",
    timeout_s=300.0,
)
WATCH_JOB = Job(
    key=WATCH,
    run=watch,
    label={"en": "Look for newly connected Shopify shops", "ru": "Проверить новые магазины Shopify"},
    every_s=60.0,
    timeout_s=300.0,
)
