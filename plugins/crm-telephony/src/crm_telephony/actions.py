"""What agents do: call a number, write down what came of a call."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from crm_telephony import words
from crm_telephony.backend import Dial
from crm_telephony.backends import BACKENDS
from crm_telephony.caller import contact_of
from crm_telephony.lines import Line, lines_of
from crm_telephony.phones import phones_to_call_from
from crm_telephony.settings import CALL
from crm_telephony.sight import may_see
from crm_telephony.tables import TelephonyCall
from crmcore import (
    Action,
    ActionCall,
    ActionResult,
    Actor,
    Label,
    PluginContext,
    Problem,
    Refusal,
    setting,
)

NUMBER = re.compile(r"\+[1-9][0-9]{4,14}")
_RINGS: Label = {"en": "Your phone rings now.", "ru": "Сейчас зазвонит ваш телефон."}
Result = Literal[
    "", "sold", "interested", "call_again", "solved", "not_interested", "wrong_number", "no_talk"
]


class CallNote(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of a call."""

    result: Annotated[Result, setting({"en": "Outcome", "ru": "Итог"}, choices=words.RESULTS)] = ""
    notes: Annotated[str, setting({"en": "Notes", "ru": "Заметки"}, max_length=4000)] = ""


async def call_number(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Ring the agent's own phone, then dial the number; where there are several lines, ask by which."""
    lines = await _lines(call.actor, plugin)
    if len(lines) > 1:
        return ActionResult(message=words.CHOOSE_LINE, open=f"/x/telephony/dial/{call.item}", refresh=False)
    await _begin(call, lines[0], call.item, plugin)
    return ActionResult(message=_RINGS)


async def call_by(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Call by the chosen line: ``item`` is the number and the key of the line."""
    number, _, key = call.item.partition(" ")
    chosen = [line for line in await _lines(call.actor, plugin) if line.key == key]
    if not chosen or NUMBER.fullmatch(number) is None:
        raise _refusal("no_line", "There is no such line any more.", "Такой линии больше нет.")
    id = await _begin(call, chosen[0], number, plugin)
    return ActionResult(message=_RINGS, open=f"/x/telephony/calls/{id}")


async def _lines(actor: Actor, plugin: PluginContext) -> list[Line]:
    """Return the lines that ``actor`` may call by, at least one; raises Refusal."""
    user = actor.id if actor.kind in ("user", "token") else ""
    if not await phones_to_call_from(user):
        raise _refusal(
            "no_phone",
            "You have no phone here yet. An administrator adds it under Agents’ phones.",
            "У вас пока нет телефона в системе. Администратор добавит его в «Телефоны сотрудников».",
        )
    lines = await lines_of(user, plugin)
    if not lines:
        raise _refusal("no_line", "No phone system is connected yet.", "Телефония пока не подключена.")
    return lines


async def _begin(call: ActionCall, line: Line, number: str, plugin: PluginContext) -> UUID:
    """Have the line's system call and return the id of the call's row; raises Refusal."""
    account = line.account
    row = TelephonyCall(
        id=uuid4(),
        call_sid=f"asked-{uuid4().hex}",
        stage="ringing",
        direction="out",
        outcome="missed",
        number=number,
        line=line.number or line.phone,
        agent=line.phone,
        user=UUID(call.actor.id),
        account=account.id,
        contact=await contact_of(number, "", plugin, make=False),
        started_at=plugin.now(),
        ended_at=plugin.now(),
    )
    await row.save()
    id = UUID(str(row.id))
    try:
        key = await BACKENDS[account.channel].dial(
            Dial(id=id, phone=line.phone, number=number, line=line.number), account, plugin
        )
    except Exception:
        await TelephonyCall.delete().where(TelephonyCall.id == id)
        raise
    return await _known_as(id, key)


async def _known_as(id: UUID, key: str) -> UUID:
    """Give the row the call's key, return its id; whoever heard of the call before has written a row already."""
    heard = await TelephonyCall.select(TelephonyCall.id).where(TelephonyCall.call_sid == key).first()
    if heard is None:
        await TelephonyCall.update({TelephonyCall.call_sid: key}, force=True).where(TelephonyCall.id == id)
        return id
    row = await TelephonyCall.select().where(TelephonyCall.id == id).first()
    await TelephonyCall.delete().where(TelephonyCall.id == id)
    if row is not None:
        values: dict[Any, Any] = {
            TelephonyCall.number: row["number"],
            TelephonyCall.contact: row["contact"],
            TelephonyCall.user: row["user"],
            TelephonyCall.agent: row["agent"],
        }
        await TelephonyCall.update(values, force=True).where(TelephonyCall.call_sid == key)
    return UUID(str(heard["id"]))


async def _call_of(call: ActionCall, plugin: PluginContext) -> dict[str, Any]:
    try:
        id = UUID(call.item)
    except ValueError:
        id = UUID(int=0)
    row = await TelephonyCall.select().where(TelephonyCall.id == id).first()
    if row is None or not await may_see(row, call.actor, plugin):
        raise _refusal("no_call", "There is no such call.", "Такого звонка нет.")
    return row


async def prepare_note(call: ActionCall, plugin: PluginContext) -> CallNote:
    """Return what was written down before."""
    row = await _call_of(call, plugin)
    known = row["result"] if row["result"] in words.RESULTS else ""
    return msgspec.convert({"result": known, "notes": row["notes"]}, CallNote)


async def note_call(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Write down what came of a call."""
    row = await _call_of(call, plugin)
    note: CallNote = call.data
    values: dict[Any, Any] = {TelephonyCall.result: note.result, TelephonyCall.notes: note.notes.strip()}
    await TelephonyCall.update(values, force=True).where(TelephonyCall.id == row["id"])
    return ActionResult(message={"en": "Written down.", "ru": "Записано."})


def _refusal(code: str, en: str, ru: str) -> Refusal:
    return Refusal(Problem(code=code, message={"en": en, "ru": ru}))


ACTIONS = (
    Action(
        key="call",
        label={"en": "Call", "ru": "Позвонить"},
        run=call_number,
        on=("phone",),
        icon="phone",
        permission=CALL,
        timeout_s=20.0,
    ),
    Action(
        key="call_by",
        label={"en": "Call by this line", "ru": "Позвонить по этой линии"},
        run=call_by,
        icon="phone",
        permission=CALL,
        timeout_s=20.0,
    ),
    Action(
        key="note",
        label={"en": "Outcome and notes", "ru": "Итог и заметки"},
        run=note_call,
        prepare=prepare_note,
        form=CallNote,
        icon="pencil",
        permission="conversation.read",
    ),
)
