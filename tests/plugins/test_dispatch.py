"""Calling plugins: order, arguments, context, purposeful exceptions, cancellation."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest
from plugin_making import Given, event, loaded

from crmcore import (
    ContactMatch,
    Forged,
    InvalidValue,
    PanelContent,
    Problem,
    Refusal,
    Retry,
    SendFailed,
    hookimpl,
    system_actor,
)
from crmcore.clock import uuid7
from crmcore.contracts.records import Change
from crmcore.errors import Conflict, Unavailable
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.host import PluginHost

where: ContextVar[str] = ContextVar("where", default="nowhere")


def host_of(core: object | None = None, **plugins: object) -> PluginHost:
    points = [Given(name, plugin) for name, plugin in plugins.items()]
    return loaded(PluginChoice(), points, **({"builtin": core} if core else {}))


def change() -> Change:
    return Change(
        record_type="contact", action="create", id=uuid7(), before=None, values={}, actor=system_actor()
    )


class Says:
    """Answers every hook of these tests with its own word."""

    def __init__(self, word: str, match: ContactMatch | None = None) -> None:
        self.word = word
        self.match = match
        self.told: list[Any] = []

    @hookimpl
    def before_write(self, change: Any) -> list[Problem]:
        return [Problem(code=self.word, message=self.word)]

    @hookimpl
    def resolve_contact(self, message: Any) -> ContactMatch | None:
        return self.match

    @hookimpl
    def contact_created(self, event: Any, plugin: Any) -> None:
        self.told.append((event, plugin))


async def test_the_core_is_asked_first_and_the_others_by_name() -> None:
    host = host_of(Says("core"), zoe=Says("zoe"), adam=Says("adam"))

    results = await host.dispatch.collect("before_write", change=change())

    assert [result.plugin for result in results] == ["core", "adam", "zoe"]
    assert [result.value[0].code for result in results] == ["core", "adam", "zoe"]
    assert host.dispatch.implementers("before_write") == ["core", "adam", "zoe"]
    assert host.dispatch.implementers("merge_contacts") == []


async def test_the_first_answer_wins_and_the_core_is_asked_last() -> None:
    mine, cores = (ContactMatch(contact_id=uuid7(), reason=reason) for reason in ("plugin", "core"))
    host = host_of(Says("core", cores), adam=Says("adam"), bea=Says("bea", mine))
    only_core = host_of(Says("core", cores), adam=Says("adam"))
    nobody = host_of(Says("core"))

    first = await host.dispatch.first("resolve_contact", message=None, account=None)
    second = await only_core.dispatch.first("resolve_contact", message=None, account=None)

    assert first is not None
    assert (first.plugin, first.value) == ("bea", mine)
    assert second is not None
    assert second.plugin == "core"
    assert await nobody.dispatch.first("resolve_contact", message=None, account=None) is None


async def test_a_failing_plugin_is_skipped_when_a_decision_is_asked() -> None:
    class Fails:
        @hookimpl
        def resolve_contact(self, message: Any) -> Any:
            return "the neighbour"

    match = ContactMatch(contact_id=uuid7(), reason="known number")

    first = await host_of(Says("core"), adam=Fails(), bea=Says("bea", match)).dispatch.first(
        "resolve_contact", message=None, account=None
    )

    assert first is not None
    assert first.value == match


async def test_one_plugin_is_called_alone_with_its_own_context() -> None:
    adam, bea = Says("adam"), Says("bea")
    host = host_of(adam=adam, bea=bea)
    happened = event()

    await host.dispatch.call_one("adam", "contact_created", event=happened)

    ((told, context),) = adam.told
    assert told == happened
    assert context.name == "adam"
    assert context is host.context("adam")
    assert bea.told == []
    assert await host.dispatch.call_one("adam", "contact_updated", event=happened) is None
    assert await host.dispatch.call_one("unheard_of", "contact_created", event=happened) is None
    with pytest.raises(KeyError, match="no hook 'contact_creatde'"):
        await host.dispatch.call_one("adam", "contact_creatde", event=happened)


async def test_a_plugin_may_implement_a_hook_several_times() -> None:
    class Many:
        @hookimpl(specname="before_write")
        def spelling(self, change: Any) -> list[Problem]:
            return [Problem(code="spelling", message="")]

        @hookimpl(specname="before_write")
        async def length(self) -> list[Problem]:
            return [Problem(code="length", message="")]

    host = host_of(many=Many())

    found = await host.dispatch.call_one("many", "before_write", change=change())

    assert sorted(problem.code for problem in found) == ["length", "spelling"]


async def test_context_variables_reach_both_kinds_of_hooks_and_do_not_come_back() -> None:
    class Looks:
        def __init__(self) -> None:
            self.seen: list[tuple[str, bool]] = []

        @hookimpl
        def before_write(self) -> None:
            self.seen.append((where.get(), threading.current_thread() is threading.main_thread()))
            where.set("changed by sync")

        @hookimpl
        async def contact_created(self) -> None:
            self.seen.append((where.get(), threading.current_thread() is threading.main_thread()))
            where.set("changed by async")

    plugin = Looks()
    host = host_of(looks=plugin)
    where.set("workspace")

    await host.dispatch.collect("before_write", change=change())
    await host.dispatch.collect("contact_created", event=event())

    assert plugin.seen == [("workspace", False), ("workspace", True)]
    assert where.get() == "workspace"


@pytest.mark.parametrize(
    "error",
    [
        InvalidValue("not a number"),
        Refusal(Problem(code="no", message="No.")),
        Forged("no signature"),
        SendFailed("full", permanent=True),
        Retry("later", after_s=5),
        Unavailable(),
    ],
)
async def test_what_is_raised_on_purpose_goes_through_and_is_no_failure(error: Exception) -> None:
    class Raises:
        @hookimpl
        def before_write(self) -> None:
            raise error

    async def function() -> None:
        raise error

    host = host_of(raises=Raises())
    for _ in range(4):
        with pytest.raises(type(error)):
            await host.dispatch.collect("before_write", change=change())
        with pytest.raises(type(error)) as caught:
            await host.dispatch.run("raises", "channel.send", function)

    assert caught.value is error
    assert host.dispatch.stats("raises").errors == 0
    assert host.dispatch.stats("raises").calls == 8
    assert host.dispatch.stats("raises").paused == ()


async def test_refusals_of_the_core_go_through_and_those_of_a_plugin_are_its_failure() -> None:
    def conflicts() -> None:
        raise Conflict

    host = host_of(adam=Says("adam"))

    with pytest.raises(Conflict):
        await host.dispatch.run("core", "job.core", conflicts)
    with pytest.raises(PluginFailed):
        await host.dispatch.run("adam", "job.adam", conflicts)


async def test_the_core_has_a_deadline_but_no_breaker() -> None:
    host = host_of()

    for _ in range(5):
        with pytest.raises(PluginFailed) as late:
            await host.dispatch.run("core", "job.slow", asyncio.sleep, 5, timeout_s=0.01)

    assert late.value.sentence("ru") == "Плагин «core» не ответил за 0.01 с."
    assert not late.value.paused


async def test_functions_of_objects_run_by_their_kind_and_are_checked_when_asked() -> None:
    host = host_of(adam=Says("adam"))

    def sync(a: int, b: int) -> int:
        return a + b

    async def asynchronous(a: int, b: int) -> int:
        return a * b

    assert await host.dispatch.run("adam", "add", sync, 2, 3) == 5
    assert await host.dispatch.run("adam", "multiply", asynchronous, 2, 3) == 6
    assert await host.dispatch.run("adam", "lambda", lambda: asynchronous(4, 5)) == 20
    with pytest.raises(PluginFailed) as wrong:
        await host.dispatch.run("adam", "panel.load", sync, 2, 3, returns=PanelContent)
    assert wrong.value.sentence() == (
        "The plugin “adam” gave an unusable answer. What “panel.load” returned is int 5, expected PanelContent."
    )
    with pytest.raises(PluginFailed) as deep:
        await host.dispatch.run(
            "adam",
            "panel.load",
            lambda: PanelContent(blocks=("no block",)),
            returns=PanelContent,  # type: ignore[arg-type]
        )
    assert "has “blocks[0]” = str 'no block', expected" in deep.value.sentence()


async def test_a_hook_that_sets_itself_off_is_stopped() -> None:
    host: PluginHost
    depth = 0

    class Circles:
        @hookimpl
        async def before_write(self, change: Any) -> Any:
            nonlocal depth
            depth += 1
            return await host.dispatch.call_one("circles", "before_write", change=change)

    host = host_of(circles=Circles())

    with pytest.raises(PluginFailed) as stopped:
        await host.dispatch.call_one("circles", "before_write", change=change())

    assert depth == 10
    reasons = []
    error: BaseException | None = stopped.value
    while error is not None:
        reasons.append(str(error))
        error = error.__cause__
    assert any("goes in circles" in reason for reason in reasons)


async def test_whoever_stops_waiting_stops_the_plugin_and_blames_nobody() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    host = host_of(adam=Says("adam"))
    call = asyncio.create_task(host.dispatch.run("adam", "slow", slow, timeout_s=60))
    await begun.wait()
    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    assert ended.is_set()
    assert host.dispatch.stats("adam").errors == 0


async def test_what_is_awaited_after_a_thread_has_the_rest_of_the_deadline() -> None:
    def begins() -> Any:
        return asyncio.sleep(60)

    host = host_of(adam=Says("adam"))

    with pytest.raises(PluginFailed) as late:
        await host.dispatch.run("adam", "begins", begins, timeout_s=0.05)

    assert late.value.sentence() == "The plugin “adam” did not answer within 0.05 s."


async def test_synchronous_hooks_of_many_requests_run_beside_each_other() -> None:
    together = threading.Barrier(4)

    class Meets:
        @hookimpl
        def before_write(self) -> None:
            together.wait(timeout=5)

    host = host_of(meets=Meets())

    rounds = await asyncio.gather(*(host.dispatch.collect("before_write", change=change()) for _ in range(4)))

    assert all(result.error is None for results in rounds for result in results)


async def test_figures_tell_calls_errors_and_times() -> None:
    host = host_of(adam=Says("adam"))
    for seconds in [0.0] * 18 + [0.05, 0.05]:
        await host.dispatch.run("adam", "sleep", asyncio.sleep, seconds)

    stats = host.dispatch.stats("adam")

    assert (stats.calls, stats.errors, stats.last_error) == (20, 0, "")
    assert stats.p95_ms is not None
    assert stats.p95_ms > 45
    assert host.dispatch.stats("unheard_of").p95_ms is None
