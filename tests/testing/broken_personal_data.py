"""Personal data that breaks a rule."""

from datetime import UTC, datetime
from typing import Any

from spoiling import Broken, good, personal, swallows

from crmcore import DataItem


async def erases_nothing(subject: Any, plugin: Any) -> int:
    return 1


async def erases_all(subject: Any, plugin: Any) -> int:
    table = good("tables", "KittenVisit")
    return len(await table.delete(force=True).returning(table.id))


async def erases_once(subject: Any, plugin: Any) -> int:
    if not (count := await good("personal", "erase")(subject, plugin)):
        raise LookupError("gone")
    return int(count)


async def gives_out_moments(subject: Any, plugin: Any) -> Any:
    yield DataItem(id="1", data={"at": datetime(2026, 1, 1, tzinfo=UTC)})


async def gives_out_nothing(subject: Any, plugin: Any) -> Any:
    for item in ():
        yield item


async def says_nothing(subject: Any, plugin: Any) -> int:
    await good("personal", "erase")(subject, plugin)
    return 0


async def forgets_the_service(subject: Any, plugin: Any) -> int:
    await swallows({}, plugin)
    return int(await good("personal", "erase")(subject, plugin))


BROKEN = (
    Broken("personal_data.is_registered", "register_personal_data", lambda: {"register_personal_data": None}),
    Broken("personal_data.strangers_have_nothing", "does not know", lambda: personal(erase=erases_nothing)),
    Broken("personal_data.all_is_given_out", "exports nothing", lambda: personal(export=gives_out_nothing)),
    Broken("personal_data.all_is_given_out", "no JSON", lambda: personal(export=gives_out_moments)),
    Broken("personal_data.neighbours_stay", "somebody else", lambda: personal(erase=erases_all)),
    Broken("personal_data.erasing_again_is_quiet", "once more", lambda: personal(erase=erases_once)),
    Broken("personal_data.all_is_erased", "it erased nothing", lambda: personal(erase=says_nothing)),
    Broken("personal_data.an_outage_stops_it", "let it raise", lambda: personal(erase=forgets_the_service)),
)
