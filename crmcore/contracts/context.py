"""What a plugin can reach while it works."""

from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.channels import ChannelAccount
from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.points import PluginPoints
from crmcore.contracts.pops import Pop
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import Record
from crmcore.contracts.views import PluginViews, RecordPage


class HttpAnswer(Struct, frozen=True, kw_only=True):
    """An answer from outside: its status, lower-case headers and body, capped at the client's limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient(Protocol):
    """The guarded client: https only, addresses checked and pinned, no redirects, 1 MB, deadlines.

    Raises :class:`~crmcore.OutgoingRefused` when the address is not allowed and
    :class:`~crmcore.OutgoingFailed` when the other side does not answer in time or breaks off.
    """

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | bytes | None = None,
        timeout_s: float = 10.0,
        max_bytes: int | None = None,
    ) -> HttpAnswer:
        """Send one request and return its answer, whatever its status; of up to ``max_bytes``, 50 MB at most."""
        ...

    async def connect(
        self,
        host: str,
        port: int,
        *,
        tls: bool = True,
        timeout_s: float = 10.0,
        ca: str = "",
        check_name: bool = True,
    ) -> tuple[StreamReader, StreamWriter]:
        """Open a connection for a protocol that is not HTTP; without ``tls`` only to hosts the deployment lists.

        ``ca`` are certificates (PEM) that are trusted instead of the public authorities': what a device in the house
        made for itself. Without ``check_name`` all that they have signed are taken for the host.
        """
        ...


class Log(Protocol):
    """A structured log that names the plugin in every line; secrets are removed."""

    def info(self, event: str, **fields: Any) -> None: ...
    def warning(self, event: str, **fields: Any) -> None: ...
    def error(self, event: str, **fields: Any) -> None: ...


class Store(Protocol):
    """The plugin's own small key-value space: JSON values of up to 64 kB under text keys."""

    async def get(self, key: str, default: Any = None) -> Any: ...
    async def set(self, key: str, value: Any) -> None: ...
    async def delete(self, key: str) -> None: ...


class PluginRecords(Protocol):
    """Records as the plugin sees and writes them: through the gate, named in every history row.

    A plugin sees everything. ``seen_by`` returns the same records as ``actor`` sees them: what a panel shows to
    somebody is read so. Writes stay the plugin's own.
    """

    def seen_by(self, actor: Actor) -> "PluginRecords": ...
    async def get(self, record_type: str, id: UUID) -> Record | None: ...
    async def find(
        self, record_type: str, filter: Mapping[str, Any] | None = None, *, limit: int = 50
    ) -> Sequence[Record]: ...
    async def page(
        self,
        record_type: str,
        filter: Mapping[str, Any] | None = None,
        *,
        cursor: str = "",
        limit: int = 200,
    ) -> RecordPage:
        """Return up to ``limit`` (at most 200) records, oldest first; go on with ``cursor`` through all of them."""
        ...

    async def count(self, record_type: str, filter: Mapping[str, Any] | None = None) -> int:
        """Return how many records ``filter`` finds."""
        ...

    async def schema(self, record_type: str, language: str = "en") -> JsonSchema:
        """Return the record type's JSON Schema with its custom fields, titles in ``language``."""
        ...

    async def create(self, record_type: str, document: Mapping[str, Any], *, reason: str = "") -> Record: ...
    async def update(
        self,
        record_type: str,
        id: UUID,
        changes: Mapping[str, Any],
        *,
        version: int | None = None,
        reason: str = "",
    ) -> Record: ...
    async def update_many(
        self, record_type: str, changes: Mapping[UUID, Mapping[str, Any]], *, reason: str = ""
    ) -> Mapping[UUID, tuple[Problem, ...]]:
        """Change many records, each as :meth:`update` would, several in a transaction.

        What is refused is left as it is and returned with its problems; the others are changed. The plugin's own
        hooks are not told of these changes: it knows them.
        """
        ...

    async def delete(self, record_type: str, id: UUID, *, reason: str = "") -> None: ...


class PluginFiles(Protocol):
    """Stored files: those that go out with replies, and those that the plugin keeps itself."""

    async def read(self, id: UUID) -> bytes:
        """Return a file's bytes, checked against their hash; raises NotFound."""
        ...

    async def keep(self, name: str, content_type: str, data: bytes) -> UUID:
        """Store ``data`` as a file of the plugin's own and return its id: a recording, say.

        It stays until :meth:`delete`; pages of the core show it where a block of the plugin names it. What the
        content is, is looked up in its first bytes: ``content_type`` is only what the other side said. Raises
        TooLarge beyond the workspace's limit for a file.
        """
        ...

    async def delete(self, id: UUID) -> None:
        """Remove a file that the plugin kept; nothing happens when there is none. Raises Forbidden for another's."""
        ...


class PluginConnections(Protocol):
    """The configured accounts of the plugin's own connections and channels."""

    async def list(self, key: str) -> Sequence[ChannelAccount]:
        """Return the active accounts of the connection or channel ``key``, oldest first, secrets decrypted.

        Paused ones and those whose settings do not fit any more are left out.
        """
        ...

    async def get(self, id: UUID) -> ChannelAccount:
        """Return one account, paused or not; raises NotFound for another plugin's, or when it cannot be read."""
        ...

    async def update(self, id: UUID, changes: Mapping[str, Any]) -> ChannelAccount:
        """Change single settings of an account, stored encrypted: a rotated token. Return it as it is now.

        Nobody else's change is overwritten; do it inside :meth:`PluginContext.lock` where two might rotate at once.
        Raises Invalid.
        """
        ...

    async def pause(self, id: UUID, reason: str) -> None:
        """Stop an account whose service said that it is over: revoked, uninstalled. The reason stands on its page."""
        ...

    async def report(self, id: UUID, trouble: str = "") -> None:
        """Tell how ``listen`` goes where it connects again by itself: connected from now on, or what is in the way.

        It stands on the account's page and in ``crmcore doctor``. A ``listen`` that ends or raises need not tell.
        """
        ...

    async def deliver(
        self, account_id: UUID, delivery_key: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> bool:
        """Store what ``listen`` heard as a delivery of the account, to be handled as any other.

        False when that key is known already. Stored when it returns, inside the open transaction when there is one.
        """
        ...


class PluginContext(Protocol):
    """Everything a plugin may use, bound to that plugin and to one workspace."""

    @property
    def name(self) -> str:
        """The plugin's one name."""
        ...

    @property
    def settings(self) -> Any:
        """The plugin's settings Struct, secrets decrypted."""
        ...

    @property
    def log(self) -> Log: ...
    @property
    def http(self) -> HttpClient: ...
    @property
    def store(self) -> Store: ...
    @property
    def records(self) -> PluginRecords: ...
    @property
    def points(self) -> PluginPoints: ...
    @property
    def views(self) -> PluginViews: ...
    @property
    def files(self) -> PluginFiles: ...
    @property
    def connections(self) -> PluginConnections: ...
    def now(self) -> datetime:
        """The workspace's clock, in UTC."""
        ...

    def lock(self, name: str, timeout_s: float = 10.0) -> AbstractAsyncContextManager[None]:
        """Hold the plugin's lock ``name`` while the block runs: one holder over all processes.

        Raises :class:`~crmcore.Busy` when it was not free within ``timeout_s``. When a holder's process dies, the
        lock is free 15 seconds later. Not for use inside a transaction::

            async with plugin.lock(f"token:{account.id}"):
                account = await plugin.connections.get(account.id)
        """
        ...

    async def emit(
        self, name: str, record_type: str, record_id: UUID, data: Mapping[str, Any] | None = None
    ) -> None:
        """Tell endpoints of outgoing webhooks that something happened to a record: the event ``PLUGIN.name``.

        Written with the open transaction when there is one. ``data`` has at most 16 kB of JSON.
        """
        ...

    async def pop(self, pop: Pop) -> None:
        """Show a card at once on the pages of the users it names, after the open transaction when there is one."""
        ...

    async def enqueue(
        self, job: str, payload: Mapping[str, Any] | None = None, *, key: str = "", delay_s: float = 0
    ) -> None:
        """Put the plugin's job ``job`` into the queue; a ``key`` that is already waiting is not added twice."""
        ...

    async def progress(self, done: int, total: int) -> None:
        """Tell how far the running job has come, for the page of jobs; as often as you like, outside transactions."""
        ...

    def url_for(self, path: str) -> str:
        """Return the public URL of ``path`` in this deployment."""
        ...
