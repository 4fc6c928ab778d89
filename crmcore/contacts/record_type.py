"""Contacts and companies as record types."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contacts.plausible import check_plain_fields
from crmcore.contacts.point_filter import point_filter
from crmcore.contacts.points import Point, PointRules
from crmcore.contacts.tables import Company, Contact, ContactPoint
from crmcore.contracts.actors import Actor
from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue
from crmcore.contracts.records import Draft, RecordType, RowLink
from crmcore.contracts.search import SearchParts
from crmcore.database.statement import insert_rows
from crmcore.errors import Invalid
from crmcore.records.properties import NAMED_RECORD, kept, moment, named, reference, text

_FLAGS = ("opt_out", "verified", "bounced")
_UNLESS_TAKEN = " ON CONFLICT DO NOTHING RETURNING kind, normalized"
KINDS = {"emails": "email", "phones": "phone", "handles": "handle"}

_TAKEN: Label = {
    "en": "Another contact has {value} already.",
    "ru": "У другого контакта уже есть {value}.",
}
_NOBODY: Label = {
    "en": "A contact needs a name, an e-mail address, a phone number or a handle.",
    "ru": "У контакта должно быть имя, адрес почты, телефон или псевдоним.",
}


def _points(en: str, ru: str) -> JsonSchema:
    return {
        "type": "array",
        "maxItems": 50,
        "items": {"type": "string", "minLength": 1, "maxLength": 320},
        "x-crm": {"label": {"en": en, "ru": ru}},
    }


OWNED: dict[str, JsonSchema] = {
    "owner": kept("Owner", "Ответственный", NAMED_RECORD),
    "owner_id": reference("Owner", "Ответственный", "user"),
    "team": kept("Team", "Команда", NAMED_RECORD),
    "team_id": reference("Team", "Команда", "team"),
}
"""Whom a person or a company belongs to: what the row scopes own and team go by."""

CONTACT_PROPERTIES: dict[str, JsonSchema] = {
    "first_name": text("First name", "Имя", limit=120),
    "last_name": text("Last name", "Фамилия", limit=120),
    "name": kept("Name", "Имя", {"type": "string"}),
    "emails": _points("E-mail addresses", "Адреса почты"),
    "phones": _points("Phone numbers", "Телефоны"),
    "handles": _points("Handles", "Псевдонимы"),
    "company": {
        "type": ["string", "null"],
        "maxLength": 200,
        "x-crm": {"label": {"en": "Company", "ru": "Компания"}},
    },
    "company_id": reference("Company", "Компания", "company"),
    "job_title": text("Job title", "Должность", limit=200),
    "language": text("Language", "Язык", limit=20),
    "time_zone": text("Time zone", "Часовой пояс", limit=64),
    "gender": text("Gender", "Пол", limit=40),
    "avatar": text("Avatar", "Фото", limit=500),
    "ip_address": text("IP address", "IP-адрес", limit=45),
    "browser": text("Browser", "Браузер", limit=300),
    "notes": text("Notes", "Заметки", limit=20_000),
    **OWNED,
    "last_contact_at": moment("Last contact", "Последний контакт", read_only=True),
    "last_contact_channel": kept(
        "Channel of the last contact", "Канал последнего контакта", {"type": "string"}
    ),
}


# What stands in a document as it stands in its row.
_PLAIN = tuple(
    name
    for name in CONTACT_PROPERTIES
    if name not in {*KINDS, *OWNED, "name", "first_name", "last_name", "company", "company_id"}
)

MakeCompany = Callable[[str, Actor], Awaitable[UUID]]
"""Makes the company of that name through the gate, on behalf of the actor, and returns its id."""


MakeCompanies = Callable[[Sequence[str], Actor], Awaitable[Sequence[UUID]]]
"""Makes several companies as :data:`MakeCompany` makes one, and returns their ids in the order of the names."""


ContactChanged = Callable[[Draft], Awaitable[None]]
"""Hears, in the transaction, of every contact that is written or deleted, after its points are stored."""


ContactsAdded = Callable[[Sequence[Draft]], Awaitable[None]]
"""Hears of contacts that are created together what :data:`ContactChanged` hears of one."""


CompanyRenamed = Callable[[UUID], Awaitable[None]]
"""Hears, in the transaction, that the company with this id has another name."""


class Companies:
    """Companies that contacts name: their ``names`` by id, and the ids of those that are found by a name's key."""

    __slots__ = ("named", "names")

    def __init__(self) -> None:
        self.names: dict[UUID, str] = {}
        self.named: dict[str, UUID] = {}

    def add(self, id: UUID, name: str, key: str) -> None:
        """Take note of a company; one without a key is not found by its name."""
        self.names[id] = name
        if key:
            self.named.setdefault(key, id)


class ContactType(RecordType, frozen=True, kw_only=True):
    """A person; its contact points are rows of their own, unique among all contacts."""

    rules: PointRules
    make_company: MakeCompany
    make_companies: MakeCompanies
    changed: ContactChanged
    added: ContactsAdded
    alone: bool = False

    def title(self, document: Mapping[str, Any]) -> str:
        """Return the person's name, or how to reach them when they have none."""
        return str(document["name"])

    def search_text(self, draft: Draft) -> str:
        """Return names, company, and every contact point as written and as compared."""
        points = draft.notes.get("points")
        if points is None:
            points = [Point(**_without(point)) for point in (draft.before or {}).get("points", [])]
        words = [draft.now("first_name"), draft.now("last_name"), draft.notes.get("company_name", "")]
        if "company_name" not in draft.notes:
            words.append((draft.before or {}).get("company.name"))
        words += [part for point in points for part in {point.raw, point.normalized}]
        return " ".join(word for word in words if word)[:8000]

    def search_parts(self, document: Mapping[str, Any]) -> SearchParts:
        """Return names, ways to reach the person, company, job and notes."""
        return SearchParts(
            names=(document["first_name"], document["last_name"]),
            titles=(document["company"] or "", document["job_title"]),
            texts=(document["notes"],),
            addresses=(*document["emails"], *document["handles"]),
            phones=tuple(document["phones"]),
        )

    async def prepare(self, draft: Draft) -> None:
        """Normalise contact points, find or make the company, and refuse a contact that is nobody."""
        if draft.action == "delete":
            draft.notes["points"] = []
            return
        check_plain_fields(draft)
        given = draft.values.pop("point_list", None)
        self._collect_points(draft)
        if given is not None:
            self._take_points(draft, given)
        await self._find_company(draft)
        for name in ("first_name", "last_name"):
            if isinstance(draft.values.get(name), str):
                draft.values[name] = " ".join(draft.values[name].split())
        named = draft.now("first_name") or draft.now("last_name")
        points = draft.notes.get("points", (draft.before or {}).get("points"))
        if not draft.problems and not named and not points and draft.action == "create":
            draft.problem("", "nobody", _NOBODY)

    async def store(self, draft: Draft) -> None:
        """Write the contact points, and let be known that the contact changed."""
        await self._store_points(draft)
        await self.changed(draft)

    async def look_ahead(self, drafts: Sequence[Draft]) -> None:
        """Look up the companies that the drafts name, in two statements at most, and make those that are missing."""
        names: dict[str, str] = {}
        ids: set[UUID] = set()
        sound = [draft for draft in drafts if not draft.problems]
        for draft in sound:
            if "company_id" in draft.asked:
                ids.update(filter(None, [_uuid(draft.asked["company_id"])]))
            elif name := " ".join((draft.asked.get("company") or "").split()):
                names.setdefault(name_key(name), name)
        known = Companies()
        for column, wanted in ((Company.name_key, names), (Company.id, ids)):
            if wanted:
                query = Company.select(Company.id, Company.name, Company.name_key, Company.deleted_at)
                for row in await query.where(column.is_in(sorted(wanted))).order_by(Company.id):
                    known.add(row["id"], row["name"], "" if row["deleted_at"] else row["name_key"])
        if missing := [name for key, name in names.items() if key not in known.named]:
            made = await self.make_companies(missing, sound[0].actor)
            for name, id in zip(missing, made, strict=True):
                known.add(id, name, name_key(name))
        for draft in drafts:
            draft.notes["companies"] = known

    async def store_together(self, drafts: Sequence[Draft]) -> None:
        """Write the contact points of all at once, and let be known that the contacts are there."""
        rows = [
            row
            for draft in drafts
            for row in _point_rows(draft.id, list(enumerate(draft.notes.get("points") or ())))
        ]
        written = await insert_rows(ContactPoint, *rows, then=_UNLESS_TAKEN)
        if len(written) < len(rows):
            # Whose points they are, and of which row, is found out one by one.
            raise Invalid(_TAKEN, code="taken", value="")
        await self.added(drafts)

    async def _store_points(self, draft: Draft) -> None:
        """Removed points go, new ones come, flags of the others stay."""
        if draft.action == "delete":
            await self._keep_flags(draft.id)
            await ContactPoint.delete().where(ContactPoint.contact == draft.id)
            return
        points: list[Point] | None = draft.notes.get("points")
        if draft.action == "restore" and points is None and draft.before:
            points = [Point(**_without(point)) for point in draft.before["points"]]
        if points is None:
            return
        wanted = {(point.kind, point.normalized): (index, point) for index, point in enumerate(points)}
        if draft.action == "update":
            rows = await ContactPoint.select().where(ContactPoint.contact == draft.id)
            for row in rows:
                kept_at = wanted.pop((row["kind"], row["normalized"]), None)
                if kept_at is None:
                    await ContactPoint.delete().where(ContactPoint.id == row["id"])
                elif (kept_at[0], kept_at[1].raw) != (row["position"], row["raw"]):
                    await ContactPoint.update(
                        {"position": kept_at[0], "raw": kept_at[1].raw}, force=True
                    ).where(ContactPoint.id == row["id"])
        if wanted:
            stored = draft.before["points"] if draft.action == "restore" and draft.before else ()
            await self._insert(draft.id, list(wanted.values()), stored)

    async def _keep_flags(self, contact: UUID) -> None:
        """Note in the contact's row what is known of its points, for the day it is restored: consent above all."""
        rows = (
            await ContactPoint.select().where(ContactPoint.contact == contact).order_by(ContactPoint.position)
        )
        kept = [
            {name: row[name] for name in ("kind", "raw", "normalized")}
            | {flag: True for flag in _FLAGS if row[flag]}
            for row in rows
        ]
        await Contact.update({"points": msgspec.json.encode(kept).decode()}, force=True).where(
            Contact.id == contact
        )

    async def _insert(
        self,
        contact: UUID,
        points: list[tuple[int, Point]],
        stored: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        rows = _point_rows(contact, points, stored)
        written = await insert_rows(ContactPoint, *rows, then=_UNLESS_TAKEN)
        if len(written) == len(rows):
            return
        ours = {(row["kind"], row["normalized"]) for row in written}
        raise Invalid(
            problems=tuple(
                InvalidValue(_TAKEN, code="taken", value=point.raw).problem(_path(point.kind))
                for _, point in points
                if (point.kind, point.normalized) not in ours
            )
        )

    def document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the contact with its points as lists of what people wrote."""
        # Lists have many of them: what is done here is done for each row.
        points, found = row["points"] or (), row.get
        emails: list[str] = []
        phones: list[str] = []
        handles: dict[str, list[str]] = {}
        for point in points:
            kind, raw = point["kind"], point["raw"]
            if kind == "email":
                emails.append(raw)
            elif kind == "phone":
                phones.append(raw)
            else:
                handles.setdefault(kind, []).append(raw)
        first, last = row["first_name"], row["last_name"]
        name = f"{first} {last}" if first and last else first or last
        document = {
            "name": name or (points[0]["raw"] if points else "–"),
            "first_name": first,
            "last_name": last,
            "emails": emails,
            "phones": phones,
            "handles": _in_their_order(handles) if handles else [],
            "company": found("company.name"),
            "company_id": row["company"],
        }
        document.update(zip(_PLAIN, map(found, _PLAIN), strict=True))
        document.update(owned(row))
        return document

    def blank(self, row: dict[str, Any], hidden: Collection[str]) -> None:
        """Empty hidden columns, and take hidden contact points out: the name falls back to what is left."""
        super().blank(row, hidden)
        if KINDS.keys() & hidden and row.get("points"):
            points = row["points"]
            if isinstance(points, str | bytes):
                points = msgspec.json.decode(points)
            row["points"] = [point for point in points if _path(point["kind"])[1:] not in hidden]

    def _collect_points(self, draft: Draft) -> None:
        asked = {name: draft.values.pop(name) for name in KINDS if name in draft.values}
        if not asked:
            return
        stored = (draft.before or {}).get("points", [])
        points: list[Point] = []
        for name, kind in KINDS.items():
            if name not in asked:
                points += [Point(**_without(point)) for point in stored if _path(point["kind"]) == f"/{name}"]
                continue
            foreign = {p["raw"]: p["kind"] for p in stored if p["kind"] not in KINDS.values()}
            for index, value in enumerate(asked[name]):
                own_kind = foreign.get(value, kind) if name == "handles" else kind
                try:
                    points.append(self.rules.point(own_kind, value))
                except InvalidValue as error:
                    draft.problems.append(error.problem(f"/{name}/{index}"))
        unique = list({(point.kind, point.normalized): point for point in reversed(points)}.values())[::-1]
        draft.notes["points"] = unique
        draft.values["points"] = msgspec.json.encode(unique).decode()

    def _take_points(self, draft: Draft, given: Sequence[Point]) -> None:
        """Make ``given``, points of any kind that the core has normalised, the contact's, before any asked for."""
        points = [*given, *draft.notes.get("points", ())]
        unique = list({(point.kind, point.normalized): point for point in reversed(points)}.values())[::-1]
        draft.notes["points"] = unique
        draft.values["points"] = msgspec.json.encode(unique).decode()

    async def _find_company(self, draft: Draft) -> None:
        name = draft.values.pop("company", None) if "company" in draft.asked else None
        known: Companies | None = draft.notes.get("companies")
        if draft.problems:
            return  # nobody makes a company for a contact that is refused
        if "company_id" in draft.asked:
            id = _uuid(draft.asked["company_id"])
        elif "company" in draft.asked:
            name = " ".join((name or "").split())
            id = (known.named.get(name_key(name)) if known else None) or await self._company_named(
                name, draft.actor
            )
        else:
            return
        draft.values["company"] = id
        if known is not None and id in known.names:
            draft.notes["company_name"] = known.names[id]
            return
        found = await Company.select(Company.name, Company.name_key).where(Company.id == id) if id else []
        draft.notes["company_name"] = found[0]["name"] if found else ""
        if known is not None and id is not None and found:
            known.add(id, found[0]["name"], found[0]["name_key"] if name else "")

    async def _company_named(self, name: str, actor: Actor) -> UUID | None:
        """Return the company of that name, made when there is none; None for no name."""
        if not name:
            return None
        rows = (
            await Company.select(Company.id)
            .where(Company.name_key == name_key(name), Company.deleted_at.is_null())
            .limit(1)
        )
        if rows:
            found: UUID = rows[0]["id"]
            return found
        return await self.make_company(name, actor)


class CompanyType(RecordType, frozen=True, kw_only=True):
    """A company, found by its case-folded name; its people are found by it too."""

    renamed: CompanyRenamed
    alone: bool = False

    def search_text(self, draft: Draft) -> str:
        """Return name, domain and phone number."""
        return " ".join(str(draft.now(name) or "") for name in ("name", "domain", "phone"))

    def search_parts(self, document: Mapping[str, Any]) -> SearchParts:
        """Return name, domain, address, phone number and notes."""
        return SearchParts(
            names=(document["name"],),
            titles=(document["address"],),
            texts=(document["notes"],),
            addresses=(document["domain"],),
            phones=(document["phone"],),
        )

    async def prepare(self, draft: Draft) -> None:
        """Keep the key by which contacts find the company."""
        if "name" in draft.values:
            name = " ".join(draft.values["name"].split())
            draft.values["name"] = name
            draft.values["name_key"] = name_key(name)

    def document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the company with the names of whom it belongs to."""
        return {**super().document(row), **owned(row)}

    async def store(self, draft: Draft) -> None:
        """See that the company's people are found by its new name."""
        if draft.before is not None and draft.now("name") != draft.before["name"]:
            await self.renamed(draft.id)


COMPANY_PROPERTIES: dict[str, JsonSchema] = {
    "name": text("Name", "Название", limit=200, minLength=1),
    "domain": text("Domain", "Домен", limit=253),
    "phone": text("Phone number", "Телефон", limit=40),
    "address": text("Address", "Адрес", limit=500),
    "notes": text("Notes", "Заметки", limit=20_000),
    **OWNED,
}


def contact_type(
    rules: PointRules,
    make_company: MakeCompany,
    make_companies: MakeCompanies,
    changed: ContactChanged,
    added: ContactsAdded,
    seen_through: tuple[RowLink, ...],
) -> ContactType:
    """Return the record type of people, matching contact points by ``rules``.

    ``changed`` hears of each write, ``added`` of contacts that are created together.
    """
    return ContactType(
        key="contact",
        plural="contacts",
        label={"en": "Contact", "ru": "Контакт"},
        label_plural={"en": "Contacts", "ru": "Контакты"},
        table=Contact,
        properties=CONTACT_PROPERTIES,
        joined=(Contact.company.name, Contact.owner.name, Contact.team.name),
        owner="owner",
        team="team",
        seen_through=seen_through,
        always_shown=("name",),
        made_of={"name": ("first_name", "last_name", "emails", "phones", "handles")},
        list_columns=("name", "emails", "phones", "company", "last_contact_at"),
        filters=(
            "first_name",
            "last_name",
            "emails",
            "phones",
            "handles",
            "company_id",
            "job_title",
            "language",
            "time_zone",
            "gender",
            "last_contact_at",
            "last_contact_channel",
            "owner_id",
            "team_id",
            "created_at",
            "updated_at",
        ),
        sorts=("created_at", "updated_at", "last_name", "first_name", "last_contact_at"),
        custom_fields=True,
        tags=True,
        elsewhere={name: point_filter(kind, rules) for name, kind in KINDS.items()},
        rules=rules,
        make_company=make_company,
        make_companies=make_companies,
        changed=changed,
        added=added,
    )


def company_type(renamed: CompanyRenamed, seen_through: tuple[RowLink, ...]) -> CompanyType:
    """Return the record type of companies; ``renamed`` hears of new names."""
    return CompanyType(
        renamed=renamed,
        key="company",
        plural="companies",
        label={"en": "Company", "ru": "Компания"},
        label_plural={"en": "Companies", "ru": "Компании"},
        table=Company,
        properties=COMPANY_PROPERTIES,
        required=("name",),
        list_columns=("name", "domain", "phone"),
        joined=(Company.owner.name, Company.team.name),
        owner="owner",
        team="team",
        seen_through=seen_through,
        always_shown=("name",),
        filters=("name", "domain", "phone", "owner_id", "team_id", "created_at", "updated_at"),
        sorts=("created_at", "updated_at", "name"),
        custom_fields=True,
        tags=True,
    )


def owned(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return whom a record belongs to, as its document shows it."""
    owner, team = row["owner"], row["team"]
    return {
        "owner": None if owner is None else named(owner, row.get("owner.name") or ""),
        "owner_id": owner,
        "team": None if team is None else named(team, row.get("team.name") or ""),
        "team_id": team,
    }


def name_key(name: str) -> str:
    """Return the form by which companies are found: case-folded, with single spaces."""
    return " ".join(name.split()).casefold()[:200]


def _point_rows(
    contact: UUID, points: Sequence[tuple[int, Point]], stored: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Return the rows of ``points`` with their places; flags are those of the ``stored`` ones."""
    flagged = {(point["kind"], point["normalized"]): point for point in stored}
    return [
        {
            "contact": contact,
            "kind": point.kind,
            "normalized": point.normalized,
            "raw": point.raw,
            "position": index,
            "is_primary": index == 0,
            **{flag: bool(flagged.get((point.kind, point.normalized), {}).get(flag)) for flag in _FLAGS},
        }
        for index, point in points
    ]


def _in_their_order(handles: Mapping[str, list[str]]) -> list[str]:
    """Return the handles of every kind, those of no kind first."""
    return [raw for kind in {"handle": None} | dict.fromkeys(handles) for raw in handles.get(kind, ())]


def _without(point: Mapping[str, Any]) -> dict[str, str]:
    return {name: point[name] for name in ("kind", "raw", "normalized")}


def _path(kind: str) -> str:
    return next((f"/{name}" for name, known in KINDS.items() if known == kind), "/handles")


def _uuid(value: Any) -> UUID | None:
    try:
        return value if isinstance(value, UUID) or value is None else UUID(value)
    except ValueError:
        return None  # the gate has said so already
