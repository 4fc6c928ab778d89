"""Making, sharing and using canned replies."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.audit.note import note
from crmcore.canned.files import KEPT_BY_CANNED, files_of, hang_on_reply
from crmcore.canned.reply import CannedReply, CannedReplyChanges, FilledReply, NewCannedReply
from crmcore.canned.tables import CannedReplyRow
from crmcore.canned.variables import CUSTOM, filled, unknown_in
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Conflict, Forbidden, Invalid, NotFound
from crmcore.files.binding import release_all
from crmcore.files.described import described
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.names import CORE
from crmcore.records.definition import Definition
from crmcore.records.scope import demand

if TYPE_CHECKING:
    from crmcore.workspace import Crm

USE, SHARE = "message.write", "canned.write"
MAX_REPLIES = 500
_NOT_YOURS: Label = {
    "en": "A shared reply is changed by who made it, or by who may write canned replies.",
    "ru": "Общий шаблон меняет тот, кто его создал, или тот, кому разрешено менять шаблоны.",
}
_TAKEN: Label = {"en": "There is such a shortcut already.", "ru": "Такое сокращение уже есть."}
_UNKNOWN: Label = {
    "en": "There is no variable {name}.",
    "ru": "Переменной {name} нет.",
}
_TOO_MANY: Label = {"en": "At most {limit} are possible.", "ru": "Можно не больше {limit}."}


class CannedReplies:
    """The canned replies of one workspace.

    Everybody who may answer keeps some for himself and uses the shared ones; sharing needs ``canned.write``.
    """

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        crm.files.used_by[KEPT_BY_CANNED] = self._may_use

    async def list(self, *, actor: Actor, q: str = "", limit: int = MAX_REPLIES) -> list[CannedReply]:
        """Return one's own and the shared ones, by folder and title; those whose shortcut begins so come first."""
        demand(actor, USE)
        owner = _owner(actor)
        rows = await CannedReplyRow.select().where(
            (CannedReplyRow.owner == owner) | (CannedReplyRow.shared == True)  # noqa: E712
        )
        wanted = q.strip().casefold()
        rows = [row for row in rows if _matches(row, wanted)]
        files = await files_of(row["id"] for row in rows)
        found = [_reply(row, owner, files) for row in rows]
        found.sort(
            key=lambda reply: (
                bool(wanted) and not reply.shortcut.casefold().startswith(wanted),
                reply.folder.casefold(),
                reply.title.casefold(),
                reply.id,
            )
        )
        return found[:limit]

    async def get(self, id: UUID, *, actor: Actor) -> CannedReply:
        """Return one; somebody else's private one is not there."""
        demand(actor, USE)
        return _reply(await self._row(id, actor), _owner(actor), await files_of([id]))

    async def create(self, new: NewCannedReply, *, actor: Actor) -> CannedReply:
        """Keep a canned reply; raises Invalid for a taken shortcut and an unknown variable."""
        demand(actor, USE)
        owner = _owner(actor)
        if new.shared:
            demand(actor, SHARE)
        await self._check(new.text)
        now = self._crm.clock()
        async with self._crm.database.transaction():
            if await CannedReplyRow.count().where(CannedReplyRow.owner == owner) >= MAX_REPLIES:
                problem = Problem(code="too_many", message=_TOO_MANY, params={"limit": MAX_REPLIES})
                raise Invalid(problems=(problem,))
            await self._check_shortcut(new.shortcut, owner, shared=new.shared)
            row = CannedReplyRow(
                owner=owner,
                shared=new.shared,
                shortcut=new.shortcut,
                title=new.title.strip(),
                folder=" ".join(new.folder.split()),
                text=new.text,
                created_at=now,
                updated_at=now,
            )
            await CannedReplyRow.insert(row)
            await hang_on_reply(row.id, new.attachments, self._crm.files, now, actor=actor)
            if new.shared:
                await self._note("create", row.id, new.title, actor)
        return await self.get(row.id, actor=actor)

    async def update(
        self, id: UUID, changes: CannedReplyChanges, *, actor: Actor, version: int | None = None
    ) -> CannedReply:
        """Change a canned reply; ``version`` refuses to overwrite a later change."""
        demand(actor, USE)
        owner = _owner(actor)
        if isinstance(changes.text, str):
            await self._check(changes.text)
        async with self._crm.database.transaction():
            row = await self._row(id, actor, for_writing=True)
            if version is not None and row["version"] != version:
                raise Conflict(
                    extra={"current": msgspec.to_builtins(_reply(row, owner, await files_of([id])))}
                )
            asked = {
                name: value.strip() if name in ("title", "folder") else value
                for name in CannedReplyChanges.__struct_fields__
                if (value := getattr(changes, name)) is not msgspec.UNSET
            }
            attachments = asked.pop("attachments", None)
            shared = asked.get("shared", row["shared"])
            if shared and not row["shared"]:
                demand(actor, SHARE)
            if "shortcut" in asked or shared != row["shared"]:
                shortcut = asked.get("shortcut", row["shortcut"])
                await self._check_shortcut(shortcut, row["owner"], shared=shared, but=id)
            values: dict[Any, Any] = {
                **asked,
                CannedReplyRow.version: row["version"] + 1,
                CannedReplyRow.updated_at: self._crm.clock(),
            }
            await CannedReplyRow.update(values, force=True).where(CannedReplyRow.id == id)
            if attachments is not None:
                await hang_on_reply(id, attachments, self._crm.files, self._crm.clock(), actor=actor)
            if shared or row["shared"]:
                await self._note("update", id, row["title"], actor)
        return await self.get(id, actor=actor)

    async def delete(self, id: UUID, *, actor: Actor) -> None:
        """Throw a canned reply away."""
        demand(actor, USE)
        async with self._crm.database.transaction():
            row = await self._row(id, actor, for_writing=True)
            await CannedReplyRow.delete().where(CannedReplyRow.id == id)
            await release_all(KEPT_BY_CANNED, id, self._crm.clock())
            if row["shared"]:
                await self._note("delete", id, row["title"], actor)

    async def fill(self, id: UUID, conversation: UUID, *, actor: Actor) -> FilledReply:
        """Return the text for a conversation: only what ``actor`` may see of it and its contact is in it."""
        reply = await self.get(id, actor=actor)
        return self.filled(reply, await self.values(conversation, actor=actor))

    def filled(self, reply: CannedReply, values: dict[str, Any]) -> FilledReply:
        """Return ``reply`` with ``values``, as :meth:`values` returns them."""
        text, missing = filled(reply.text, values)
        return FilledReply(text=text, missing=missing, attachments=reply.attachments)

    async def values(self, conversation: UUID, *, actor: Actor) -> dict[str, Any]:
        """Return what the variables mean in a conversation, within what ``actor`` may see."""
        record = await self._crm.records.get("conversation", conversation, actor=actor)
        values: dict[str, Any] = {
            "conversation.number": record.document.get("number"),
            "conversation.subject": record.document.get("subject"),
            "agent.name": actor.label,
            "agent.first_name": actor.label.split()[0] if actor.label.split() else "",
            "workspace.name": self._crm.settings.name,
        }
        values |= await self._custom("conversation", record.document, actor)
        contact = record.document.get("contact_id") or (record.document.get("contact") or {}).get("id")
        if contact and actor.may("contact.read"):
            try:
                found = await self._crm.records.get("contact", UUID(str(contact)), actor=actor)
            except NotFound:
                return values
            names = ("first_name", "last_name", "name", "company", "job_title")
            values |= {f"contact.{name}": found.document.get(name) for name in names}
            values |= await self._custom("contact", found.document, actor)
        return values

    async def custom_variables(self) -> dict[str, Label]:
        """Return the variables of custom fields with their labels."""
        return {
            f"{prefix}{definition.key}": definition.label
            for prefix in CUSTOM
            for definition in await self._crm.catalog.of(prefix.partition(".")[0])
            if not definition.sensitive
        }

    async def _custom(self, record_type: str, document: dict[str, Any], actor: Actor) -> dict[str, Any]:
        stored = document.get("custom") or {}
        return {
            f"{record_type}.custom.{definition.key}": await self._words(
                definition, stored[definition.key], actor.language
            )
            for definition in await self._crm.catalog.of(record_type)
            if definition.key in stored and not definition.sensitive
        }

    async def _words(self, definition: Definition, value: Any, language: str) -> str:
        """Return a value as its field type shows it; nothing when a plugin's type fails."""
        registered = self._crm.catalog.types.get(definition.type)
        if registered is None or definition.dormant:
            return ""
        show, options = registered.item.render, definition.options
        if registered.plugin == CORE:
            return str(show(value, options, language))
        try:
            shown = self._crm.host.dispatch.run(
                registered.plugin, "field_type.render", show, value, options, language
            )
            return str(await shown)
        except PluginFailed:
            return ""

    async def _check(self, text: str) -> None:
        unknown = unknown_in(text, await self.custom_variables())
        if unknown:
            problems = tuple(
                Problem(
                    path="/text",
                    code="unknown_variable",
                    message=_UNKNOWN,
                    params={"name": f"{{{{{name[:60]}}}}}"},
                )
                for name in unknown[:10]
            )
            raise Invalid(problems=problems)

    async def _check_shortcut(
        self, shortcut: str, owner: UUID | None, *, shared: bool, but: UUID | None = None
    ) -> None:
        """Raise Invalid when another one that the same people see has this shortcut."""
        rows = await CannedReplyRow.select(
            CannedReplyRow.id, CannedReplyRow.shortcut, CannedReplyRow.owner, CannedReplyRow.shared
        ).where((CannedReplyRow.owner == owner) | (CannedReplyRow.shared == True))  # noqa: E712
        for row in rows:
            same = row["shortcut"].casefold() == shortcut.casefold() and row["id"] != but
            if same and (row["owner"] == owner or (shared and row["shared"])):
                raise Invalid(problems=(Problem(path="/shortcut", code="taken", message=_TAKEN),))

    async def _may_use(self, id: UUID, actor: Actor) -> bool:
        try:
            demand(actor, USE)
            await self._row(id, actor)
        except (Forbidden, NotFound):
            return False
        return True

    async def _row(self, id: UUID, actor: Actor, *, for_writing: bool = False) -> dict[str, Any]:
        query = CannedReplyRow.select().where(CannedReplyRow.id == id)
        if for_writing and self._crm.database.kind == "postgres":
            query = query.lock_rows("UPDATE")
        rows = await query
        owner = _owner(actor)
        if not rows or not (rows[0]["shared"] or rows[0]["owner"] == owner):
            raise NotFound()
        row: dict[str, Any] = rows[0]
        if for_writing and row["owner"] != owner and not actor.may(SHARE):
            raise Forbidden(_NOT_YOURS, code="not_your_reply")
        return row

    async def _note(self, action: str, id: UUID, title: str, actor: Actor) -> None:
        await note(self._crm.clock, action, "canned_reply", title, id=id, actor=actor)


def _matches(row: dict[str, Any], wanted: str) -> bool:
    return not wanted or any(wanted in str(row[name]).casefold() for name in ("shortcut", "title", "folder"))


def _owner(actor: Actor) -> UUID:
    if actor.kind not in ("user", "token"):
        raise Forbidden(permission=USE)
    return UUID(actor.id)


def _reply(row: dict[str, Any], owner: UUID, files: dict[UUID, list[dict[str, Any]]]) -> CannedReply:
    names = [name for name in CannedReply.__struct_fields__ if name not in ("mine", "attachments")]
    attachments = [described(file) for file in files.get(row["id"], ())]
    return CannedReply(
        mine=row["owner"] == owner, attachments=attachments, **{name: row[name] for name in names}
    )
