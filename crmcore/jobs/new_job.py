"""A job on its way into the queue."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from crmcore.contracts.jobs import Priority

LONGEST_KEY = 255


class NewJob(Struct, frozen=True, kw_only=True):
    """What :meth:`~crmcore.jobs.queue.JobQueue.enqueue` is told about a job.

    ``name`` is a job of ``plugin``; with a dot in it, it is the full key of a job of the core that runs on
    behalf of ``plugin`` and in its share of the worker: ``core.deliver_event``. ``max_attempts`` 0 and no
    ``priority`` follow the job's registration.
    """

    plugin: str
    name: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    ordering_key: str = ""
    delay_s: float = 0
    max_attempts: int = 0
    priority: Priority | None = None

    @property
    def kind(self) -> str:
        """The key in the registry: ``plugin.name``, or the name itself when it is another plugin's job."""
        return self.name if "." in self.name else f"{self.plugin}.{self.name}"

    def unique_key(self) -> str | None:
        """Return the key that no other waiting or running job may have, None without one."""
        return bounded(f"{self.plugin}.{self.name}:{self.key}") if self.key else None


def bounded(key: str) -> str:
    """Return ``key``, shortened to what its column holds by a hash of the whole."""
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - 65]}#{hashlib.sha256(key.encode()).hexdigest()}"


def json_text(value: Any) -> str:
    """Return ``value`` as JSON; ids and times become text. Raises TypeError, ValueError."""
    text = msgspec.json.encode(value).decode()
    if "\\u0000" in text:
        # PostgreSQL's jsonb refuses NUL; both engines answer alike.
        raise ValueError("what is kept as JSON cannot hold the character NUL")
    return text
