"""The clock jumps by an hour in the middle of work, and both switches of summer time pass: all is done, once."""

from datetime import UTC, datetime

import pytest
from fault_footprint import added, footprint
from fault_operations import Answer, Create, Operation, Receive, Webhook
from fault_tally import Tally
from fault_world import World
from test_every_call_fails import clean

from crmcore.jobs.clock_step import ClockStep

HOUR_S = 3600
SWITCHES = (datetime(2027, 3, 28, 0, 59, 50, tzinfo=UTC), datetime(2027, 10, 31, 0, 59, 50, tzinfo=UTC))
"""Ten seconds before both switches of that year in the European Union."""


@pytest.mark.parametrize("make", [Receive, Answer, Create, Webhook], ids=lambda each: each.name)
async def test_a_jump_between_asking_and_doing_changes_nothing(
    world: World, make: type[Operation], tally: Tally
) -> None:
    expected = None
    await clean(world, make)
    for jump_s in (0, HOUR_S, -HOUR_S, -2 * HOUR_S, HOUR_S):
        operation = make()
        await operation.prepare(world)
        before = await footprint(world.crm)
        assert (await operation.ask(world)).is_success
        world.clock.advance(jump_s)
        # What a worker does when it notices; tests/jobs has it with a running one.
        await ClockStep(world.crm.clock).mend()
        await world.quiet()
        await operation.check(world)
        effects = added(before, await footprint(world.crm))
        expected = expected or effects
        assert effects == expected, jump_s
        await world.sound(f"{operation.name}, {jump_s} s")
    tally("clock moved by an hour", world.crm.database.kind, 4, examined=world.examined, looked=world.looked)


async def test_both_switches_of_summer_time_pass_in_the_middle_of_work(world: World, tally: Tally) -> None:
    for switch in SWITCHES:
        world.clock.advance((switch - world.clock()).total_seconds())
        operation = Answer()
        await operation.prepare(world)
        assert (await operation.ask(world)).is_success
        world.clock.advance(20)
        await world.quiet()
        await operation.check(world)
        await world.sound(f"{switch:%B}")
    tally("switch of summer time", world.crm.database.kind, 2, examined=world.examined, looked=world.looked)
