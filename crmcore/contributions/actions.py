"""Actions of plugins: offered to whom may use them, asked about, and run once for each press of a button."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.clock import uuid7
from crmcore.contracts.actions import Action, ActionCall, ActionResult
from crmcore.contracts.actors import Actor
from crmcore.contracts.channels import Forged, SendFailed
from crmcore.contracts.jobs import Retry
from crmcore.contracts.labels import Label
from crmcore.contracts.paths import is_own_path
from crmcore.contracts.problems import InvalidValue, Problem, Refusal
from crmcore.contributions.permits import demand_permit, permitted
from crmcore.contributions.subjects import beside
from crmcore.contributions.tables import ActionRun
from crmcore.conversions import converted
from crmcore.errors import Invalid, NotFound
from crmcore.plugins import sentences
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered
from crmcore.plugins.weight import too_heavy

if TYPE_CHECKING:
    from crmcore.workspace import Crm

PHONE = "phone"
KEPT = timedelta(hours=72)
MAX_ITEM = 200
MAX_TOKEN = 64
RESULT_WEIGHT = 16_000
# What has begun and has not ended this long after its deadline never reports back: its process ended.
GRACE_S = 15.0
NUMBER = re.compile(r"\+[1-9][0-9]{4,14}")
_TOKEN = re.compile(r"[A-Za-z0-9_.:-]{8,64}")

_LOST: Label = {
    "en": "It was begun and never reported back. Look whether it was done before you try again.",
    "ru": "Действие началось, но не сообщило результат. Проверьте, выполнено ли оно, прежде чем повторять.",
}
_RUNNING: Label = {"en": "It is still being done.", "ru": "Действие ещё выполняется."}
_NO_NUMBER: Label = {"en": "This is no phone number.", "ru": "Это не номер телефона."}
_NO_TOKEN: Label = {"en": "The button has no token.", "ru": "У кнопки нет метки."}
_DONE: Label = {"en": "Done", "ru": "Готово"}


class Place(Struct, frozen=True, kw_only=True):
    """What a button is about: a record (or none, then ``id`` is None), and one of many there."""

    record_type: str = ""
    id: UUID | None = None
    item: str = ""

    @property
    def ref(self) -> str:
        """The record as ``TYPE:ID``, empty for none."""
        return f"{self.record_type}:{self.id}" if self.id is not None else ""


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of one press. ``state``: done, refused (``problems`` say why), failed or running."""

    id: UUID
    state: str
    message: Label = ""
    tone: str = "ok"
    open: str = ""
    refresh: bool = False
    problems: tuple[Problem, ...] = ()


class Actions:
    """The actions of one workspace's plugins."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    def offered(self, actor: Actor, on: str, *, bulk: bool = False) -> list[tuple[str, Registered[Action]]]:
        """Return the actions on records of the type ``on`` (or on ``"phone"``) that ``actor`` may use, by key."""
        return [
            (key, owned)
            for key, owned in sorted(self._crm.registry.actions.items())
            if on in owned.item.on
            and (owned.item.bulk or not bulk)
            and permitted(self._crm, owned.item.permission, actor)
        ]

    def find(self, key: str, actor: Actor) -> Registered[Action] | None:
        """Return the action ``PLUGIN.KEY`` when ``actor`` may use it."""
        owned = self._crm.registry.actions.get(key)
        if owned is None or not permitted(self._crm, owned.item.permission, actor):
            return None
        return owned

    def get(self, key: str, actor: Actor) -> Registered[Action]:
        """Return the action ``PLUGIN.KEY``; raises NotFound, and Forbidden for whom it is not."""
        owned = self._crm.registry.actions.get(key)
        if owned is None:
            raise NotFound
        demand_permit(self._crm, owned.item.permission, actor)
        return owned

    async def first_values(
        self, owned: Registered[Action], place: Place, *, actor: Actor, language: str
    ) -> dict[str, Any]:
        """Return what stands in the action's form at first.

        Raises PluginFailed, Refusal with the plugin's reasons, NotFound and Forbidden.
        """
        action = owned.item
        call = await self._call(owned, place, actor=actor, language=language)
        if action.form is None or action.prepare is None:
            return {}
        try:
            found = await self._crm.host.dispatch.run(
                owned.plugin,
                f"action.{action.key}.prepare",
                action.prepare,
                call,
                self._crm.host.context(owned.plugin),
                timeout_s=action.timeout_s,
                returns=action.form | None,
            )
        except InvalidValue as refused:
            raise Refusal(refused.problem()) from refused
        except (Forged, SendFailed, Retry) as error:
            reason = sentences.failed(owned.plugin)
            raise PluginFailed(owned.plugin, "prepare", reason) from error
        values: dict[str, Any] = msgspec.to_builtins(found) if found is not None else {}
        return values

    async def run(
        self,
        owned: Registered[Action],
        place: Place,
        sent: Any,
        *,
        token: str,
        actor: Actor,
        language: str,
    ) -> Outcome:
        """Run the action once for ``token``: the same press again gets what the first one came to.

        ``sent`` is the filled-in form as a JSON document. Raises :class:`~crmcore.errors.Invalid` for a form that is
        not right, NotFound and Forbidden; whatever the plugin does is an :class:`Outcome`.
        """
        action = owned.item
        call = await self._call(owned, place, actor=actor, language=language)
        if _TOKEN.fullmatch(token) is None:
            raise Invalid(problems=(Problem(path="/token", code="no_token", message=_NO_TOKEN),))
        data = converted(sent, action.form) if action.form is not None else None
        press = f"{actor.kind}:{actor.id}:{owned.plugin}.{action.key}:{token}"
        id = uuid7(self._crm.clock())
        if not await self._begin(id, press, actor):
            return await self._again(press, action)
        outcome = await self._done(owned, msgspec.structs.replace(call, data=data, key=str(id)), id)
        await self._end(owned, place, outcome, actor)
        return outcome

    async def outcome(self, id: UUID, *, actor: Actor) -> Outcome | None:
        """Return what came of the press ``id`` when it was this actor's."""
        rows = await ActionRun.select().where(
            ActionRun.id == id, ActionRun.actor == f"{actor.kind}:{actor.id}"
        )
        return _outcome(rows[0]) if rows else None

    async def forget_old(self) -> None:
        """Delete the presses that are older than 72 hours."""
        await ActionRun.delete().where(ActionRun.created_at < self._crm.clock() - KEPT)

    async def _call(
        self, owned: Registered[Action], place: Place, *, actor: Actor, language: str
    ) -> ActionCall:
        document: dict[str, Any] = {}
        contact: dict[str, Any] | None = None
        if place.id is not None:
            stands = await beside(self._crm, place.record_type, place.id, actor=actor)
            document = stands.record.document
            contact = stands.contact.document if stands.contact else None
        if PHONE in owned.item.on and place.item and NUMBER.fullmatch(place.item) is None:
            raise Invalid(problems=(Problem(path="/item", code="not_a_number", message=_NO_NUMBER),))
        return ActionCall(
            record_type=place.record_type if place.id is not None else "",
            id=place.id,
            document=document,
            contact=contact,
            actor=actor,
            language=language,
            item=place.item[:MAX_ITEM],
        )

    async def _begin(self, id: UUID, press: str, actor: Actor) -> bool:
        """Write the press down; False when it is known already. In a transaction of its own: it outlives a crash."""
        row = ActionRun(
            id=id, press=press[:300], actor=f"{actor.kind}:{actor.id}"[:100], created_at=self._crm.clock()
        )
        async with self._crm.database.transaction():
            await ActionRun.insert(row).on_conflict(target=ActionRun.press, action="DO NOTHING")
            rows = await ActionRun.select(ActionRun.id).where(ActionRun.press == press[:300])
        return bool(rows and rows[0]["id"] == id)

    async def _again(self, press: str, action: Action) -> Outcome:
        """Return what the first press came to, waiting for it as long as it may take."""
        waited = 0.0
        while True:
            row = (await ActionRun.select().where(ActionRun.press == press[:300]))[0]
            if row["state"] != "running":
                return _outcome(row)
            begun: datetime = row["created_at"]
            if self._crm.clock() - begun > timedelta(seconds=action.timeout_s + GRACE_S):
                return Outcome(id=row["id"], state="failed", message=_LOST, tone="warn", refresh=True)
            if waited >= action.timeout_s:
                return Outcome(id=row["id"], state="running", message=_RUNNING, tone="warn")
            await asyncio.sleep(0.1)
            waited += 0.1

    async def _done(self, owned: Registered[Action], call: ActionCall, id: UUID) -> Outcome:
        action = owned.item
        try:
            result: ActionResult = await self._crm.host.dispatch.run(
                owned.plugin,
                f"action.{action.key}",
                action.run,
                call,
                self._crm.host.context(owned.plugin),
                timeout_s=action.timeout_s,
                returns=ActionResult,
            )
        except Refusal as refusal:
            return Outcome(id=id, state="refused", tone="bad", problems=refusal.problems[:50])
        except InvalidValue as refused:
            return Outcome(id=id, state="refused", tone="bad", problems=(refused.problem(),))
        except PluginFailed as failure:
            return Outcome(id=id, state="failed", message=failure.reason, tone="bad", refresh=True)
        except (Forged, SendFailed, Retry):
            message = sentences.failed(owned.plugin)
            return Outcome(id=id, state="failed", message=message, tone="bad", refresh=True)
        if result.problems:
            return Outcome(id=id, state="refused", tone="bad", problems=result.problems[:50])
        return Outcome(
            id=id,
            state="done",
            message=_DONE if not result.message or too_heavy(result.message, 2_000) else result.message,
            tone=result.tone,
            open=result.open if is_own_path(result.open) else "",
            refresh=result.refresh,
        )

    async def _end(self, owned: Registered[Action], place: Place, outcome: Outcome, actor: Actor) -> None:
        text = msgspec.json.encode(outcome, enc_hook=str).decode()
        if len(text) > RESULT_WEIGHT:
            text = msgspec.json.encode(msgspec.structs.replace(outcome, problems=())).decode()
        values: dict[Any, Any] = {
            "state": outcome.state,
            "result": text,
            "ended_at": self._crm.clock(),
        }
        about = {"record": place.ref, "item": place.item[:MAX_ITEM], "outcome": outcome.state}
        async with self._crm.database.transaction():
            await ActionRun.update(values, force=True).where(ActionRun.id == outcome.id)
            await self._crm.audit.note(
                "run",
                "action",
                f"{owned.plugin}.{owned.item.key}",
                actor=actor,
                changes={name: [None, value] for name, value in about.items() if value},
                id=place.id,
            )


def _outcome(row: dict[str, Any]) -> Outcome:
    stored = row["result"]
    if row["state"] == "running":
        return Outcome(id=row["id"], state="running", message=_RUNNING, tone="warn")
    return (
        msgspec.json.decode(stored, type=Outcome)
        if isinstance(stored, str | bytes)
        else msgspec.convert(stored, Outcome)
    )
