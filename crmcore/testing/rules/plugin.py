"""What holds for every plugin: it loads alone, says what it needs, speaks both languages, leaves and comes back."""

from crmcore.testing.bench import Bench
from crmcore.testing.rule import Broken, Nothing, rules
from crmcore.testing.rules.configuration import (
    secrets_are_marked,
    secrets_stay,
    settings_are_bounded,
    settings_refuse_unknown_names,
    test_connection_answers,
)
from crmcore.testing.rules.distribution import (
    describes_itself,
    has_a_version,
    is_typed,
    names_compatible_core,
)
from crmcore.testing.rules.leaving import comes_back, purges
from crmcore.testing.rules.loading import loads, loads_twice, starts_again, starts_unconfigured
from crmcore.testing.rules.sources import has_one_way_out, imports_what_is_promised, takes_the_clock
from crmcore.testing.rules.state import state_of
from crmcore.testing.rules.words import icons_are_there, keys_are_words, speaks_both_languages


async def events_are_taken_twice(bench: Bench) -> None:
    """An event that comes twice changes nothing the second time: handlers are idempotent on event.id."""
    from crmcore.testing.recorded_events import RecordedEvents

    hooks = [name for name in bench.hooks() if bench.crm.host.specs[name].kind == "event"]
    if not hooks:
        raise Nothing
    async with bench.fresh() as crm:
        if bench.samples.story is not None:
            record = await bench.make(crm).contact()
            await bench.samples.story(crm, record.id)
        await bench.make(crm).message("Hello", email="twice@example.com")
        await crm.worker.drain()
        before = await state_of(bench, crm)
        for event in await RecordedEvents()(*hooks):
            await crm.host.dispatch.call_one(bench.name, event.name, event=event)
        await crm.worker.drain()
        if await state_of(bench, crm) != before:
            raise Broken(
                f"{', '.join(hooks)} told of the same event twice did the same work twice: keep "
                "event.id with what it "
                "leads to, and look for it first."
            )


async def loop_is_free(bench: Bench) -> None:
    """Nothing of it keeps the event loop waiting: what computes or blocks is a plain def, or runs in a thread."""
    if bench.stalls:
        raise Broken(
            f"It kept every request waiting: {bench.stalls[0]}. Make the function a plain def, which "
            "runs in a thread, "
            "or await asyncio.to_thread(…)."
        )


RULES = rules(
    "plugin",
    loads=("bronze", loads),
    starts_unconfigured=("bronze", starts_unconfigured),
    starts_again=("bronze", starts_again),
    keys_are_words=("bronze", keys_are_words),
    secrets_are_marked=("bronze", secrets_are_marked),
    comes_back=("bronze", comes_back),
    has_a_version=("bronze", has_a_version),
    loads_twice=("silver", loads_twice),
    names_compatible_core=("silver", names_compatible_core),
    describes_itself=("silver", describes_itself),
    imports_what_is_promised=("silver", imports_what_is_promised),
    has_one_way_out=("silver", has_one_way_out),
    settings_refuse_unknown_names=("silver", settings_refuse_unknown_names),
    test_connection_answers=("silver", test_connection_answers),
    events_are_taken_twice=("silver", events_are_taken_twice),
    purges=("silver", purges),
    icons_are_there=("silver", icons_are_there),
    takes_the_clock=("gold", takes_the_clock),
    speaks_both_languages=("gold", speaks_both_languages),
    settings_are_bounded=("gold", settings_are_bounded),
    is_typed=("gold", is_typed),
)
# Looked at last: what all the others made the plugin say and do.
LAST_RULES = rules("plugin", secrets_stay=("bronze", secrets_stay), loop_is_free=("silver", loop_is_free))
