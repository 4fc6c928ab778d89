"""The plugin's context, as far as the plugin asks for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from crm_mailchimp.settings import MailchimpSettings
from mailchimp_api import AUDIENCE, KEY, NOW, Mailchimp

from crmcore import Record


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    warning = error = info


class Store:
    """The plugin's key-value space."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    async def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    async def set(self, key: str, value: Any) -> None:
        self.values[key] = value

    async def delete(self, key: str) -> None:
        self.values.pop(key, None)


class Records:
    """Contacts by their id; every write is kept for the test to look at."""

    def __init__(self) -> None:
        self.contacts: dict[UUID, dict[str, Any]] = {}
        self.writes: list[tuple[UUID, Mapping[str, Any], str]] = []

    def add(self, *emails: str, opt_in: bool | None = True, **values: Any) -> UUID:
        """Make a contact."""
        id = uuid4()
        custom = {} if opt_in is None else {"mailchimp_opt_in": opt_in}
        self.contacts[id] = {"id": id, "emails": list(emails), "custom": custom, **values}
        return id

    async def get(self, record_type: str, id: UUID) -> Record | None:
        assert record_type == "contact"
        document = self.contacts.get(id)
        return Record(type="contact", id=id, version=1, document=document) if document else None

    async def find(
        self, record_type: str, filter: Mapping[str, Any] | None = None, *, limit: int = 50
    ) -> list[Record]:
        assert record_type == "contact" and filter is not None
        assert (filter["field"], filter["op"]) == ("emails", "eq")
        address = filter["value"]
        found = [
            Record(type="contact", id=id, version=1, document=document)
            for id, document in self.contacts.items()
            if address in [one.lower() for one in document["emails"]]
        ]
        return found[:limit]

    async def update(
        self,
        record_type: str,
        id: UUID,
        changes: Mapping[str, Any],
        *,
        version: int | None = None,
        reason: str = "",
    ) -> None:
        assert (record_type, set(changes)) == ("contact", {"custom"})
        self.writes.append((id, changes, reason))
        self.contacts[id]["custom"].update(changes["custom"])


class Context:
    """What the plugin reaches while it works."""

    name = "mailchimp"

    def __init__(self, http: Mailchimp) -> None:
        self.http = http
        self.log = Lines()
        self.store = Store()
        self.records = Records()
        self.settings = MailchimpSettings(api_key=KEY, audience_id=AUDIENCE)
        self.enqueued: list[tuple[str, Any, str]] = []
        self.told: list[tuple[int, int]] = []

    async def progress(self, done: int, total: int) -> None:
        self.told.append((done, total))

    def now(self) -> datetime:
        return NOW

    async def enqueue(
        self, job: str, payload: Mapping[str, Any] | None = None, *, key: str = "", delay_s: float = 0
    ) -> None:
        self.enqueued.append((job, payload, key))
