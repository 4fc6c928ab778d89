"""Two contacts who called from one number may be one person."""

from collections.abc import Sequence
from uuid import UUID

from crm_telephony.tables import TelephonyCall
from crmcore import Label, Match, Matcher, PluginContext

_ONE_NUMBER = {
    "en": "Both had calls with the number {number}",
    "ru": "У обоих есть звонки с номером {number}",
}
# A number with calls of more contacts is a switchboard's, a hotel's, a family's.
_MOST_CALLERS = 4


async def callers_of_one_number(contacts: Sequence[UUID], plugin: PluginContext) -> list[Match]:
    """Return matches of ``contacts`` with everybody else who has a call with one of their numbers.

    A contact keeps its calls when its number is corrected or taken away; whoever calls from it next is somebody new.
    """
    call = TelephonyCall
    own = (
        await call.select(call.contact, call.number)
        .where(call.contact.is_in(list(contacts)), call.number != "")
        .group_by(call.contact, call.number)
    )
    if not own:
        return []
    numbers = sorted({row["number"] for row in own})
    all_calls = (
        await call.select(call.contact, call.number)
        .where(call.number.is_in(numbers), call.contact.is_not_null())
        .group_by(call.contact, call.number)
    )
    callers: dict[str, set[UUID]] = {}
    for row in all_calls:
        callers.setdefault(row["number"], set()).add(row["contact"])
    matches = []
    for row in own:
        others = callers[row["number"]]
        if len(others) > _MOST_CALLERS:
            continue
        reason: Label = {
            language: text.format(number=row["number"]) for language, text in _ONE_NUMBER.items()
        }
        matches += [
            Match(contact=row["contact"], other=other, strength="strong", reason=reason)
            for other in others
            if other != row["contact"]
        ]
    return matches


SAME_CALLER = Matcher(
    key="same_caller",
    label={"en": "Calls from one number", "ru": "Звонки с одного номера"},
    find=callers_of_one_number,
)
