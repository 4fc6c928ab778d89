"""Two hosts with different plugins live side by side in one process."""

import asyncio
from contextvars import ContextVar
from typing import Any

from plugin_making import Core, Given, event, loaded

from crmcore import Panel, hookimpl
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.host import PluginHost

workspace: ContextVar[str] = ContextVar("workspace")


async def load(subject: Any, plugin: Any) -> None:
    return None


class Shop:
    """One object, loaded by both hosts."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    @hookimpl
    def register_panels(self) -> list[Panel]:
        return [Panel(key="orders", title="Orders", load=load)]

    @hookimpl
    async def contact_created(self, event: Any, plugin: Any) -> None:
        await asyncio.sleep(0)
        self.seen.append((plugin.url_for("/"), workspace.get()))


class Phone:
    @hookimpl
    def register_panels(self) -> list[Panel]:
        return [Panel(key="calls", title="Calls", load=load)]


class Services:
    def __init__(self, address: str) -> None:
        self.address = address

    def url_for(self, path: str) -> str:
        return self.address + path


def host_at(address: str, *points: Given) -> PluginHost:
    host = loaded(PluginChoice(), list(points), builtin=Core())
    host.attach(Services(address))  # type: ignore[arg-type]
    return host


async def test_each_host_has_its_own_plugins_contexts_and_figures() -> None:
    shop = Shop()
    one = host_at("https://one.example", Given("shop", shop), Given("phone", Phone()))
    two = host_at("https://two.example", Given("shop", shop))

    async def tell(host: PluginHost, name: str, times: int) -> None:
        workspace.set(name)
        for _ in range(times):
            await host.dispatch.collect("contact_created", event=event())

    await asyncio.gather(tell(one, "one", 3), tell(two, "two", 2))

    assert list(one.registry.panels) == ["phone.calls", "shop.orders"]
    assert list(two.registry.panels) == ["shop.orders"]
    assert one.plugins["phone"].state == "loaded"
    assert "phone" not in two.plugins
    assert sorted(shop.seen) == [("https://one.example/", "one")] * 3 + [("https://two.example/", "two")] * 2
    assert one.dispatch.stats("shop").calls == 3
    assert two.dispatch.stats("shop").calls == 2


async def test_a_plugin_that_is_paused_in_one_host_works_in_the_other() -> None:
    class Moody:
        @hookimpl
        async def contact_created(self, plugin: Any) -> None:
            if plugin.url_for("").startswith("https://one"):
                raise RuntimeError("not here")

    moody = Moody()
    one, two = (host_at(f"https://{name}.example", Given("moody", moody)) for name in ("one", "two"))
    for _ in range(4):
        await one.dispatch.collect("contact_created", event=event())

    (answer,) = await two.dispatch.collect("contact_created", event=event())

    assert one.dispatch.stats("moody").paused == ("contact_created",)
    assert two.dispatch.stats("moody").paused == ()
    assert answer.error is None
