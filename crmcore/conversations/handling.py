"""Handling: a plugin works on a stored delivery, until it has or a person has to look."""

from collections.abc import Callable
from typing import Any, NoReturn

from crmcore.contracts.channels import Channel
from crmcore.contracts.connections import Connection
from crmcore.contracts.jobs import Retry
from crmcore.contracts.problems import InvalidValue, Refusal
from crmcore.conversations.deliveries import Deliveries, raw_delivery
from crmcore.conversations.found import Found
from crmcore.conversations.sentences import sentence
from crmcore.conversations.understand import NotUnderstood
from crmcore.jobs.backoff import backoff_s
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.host import PluginHost

TIMEOUT_S = 120.0
ATTEMPTS = 15
"""With growing delays these outlast an outage of eight hours; what fails then waits for a person."""


class Handler:
    """Hands deliveries of connections to their plugins, and those of channels that handle theirs beside parsing."""

    def __init__(self, deliveries: Deliveries, host: PluginHost, language: str) -> None:
        self._deliveries = deliveries
        self._host = host
        self._language = language

    async def handle(self, row: dict[str, Any], found: Found, connection: Connection) -> str:
        """Let the plugin work on the opened delivery ``row`` and return its state.

        Raises Retry when it should be tried again, PluginFailed while the plugin is paused, and NotUnderstood when it
        is for a person to look.
        """
        if connection.handle is None:
            raise NotUnderstood(sentence("not_handled", self._language, plugin=found.account.plugin))
        await self._work(row, found, "connection.handle", connection.handle)
        await self._deliveries.mark(row["id"], "done")
        return "done"

    async def beside(self, row: dict[str, Any], found: Found, channel: Channel) -> None:
        """Let the channel's plugin do what it does beside parsing the opened delivery ``row``; raises as above."""
        if channel.handle is not None:
            await self._work(row, found, "channel.handle", channel.handle)

    async def _work(self, row: dict[str, Any], found: Found, name: str, work: Callable[..., Any]) -> None:
        plugin = found.account.plugin
        try:
            await self._host.dispatch.run(
                plugin,
                # A breaker for each account: a shop that fails pauses no other.
                f"{name} {found.row['slug']}",
                work,
                raw_delivery(row),
                found.account,
                self._host.context(plugin),
                timeout_s=TIMEOUT_S,
            )
        except InvalidValue as refused:
            raise NotUnderstood(refused.problem().sentence(self._language)) from refused
        except Refusal as refused:
            said = " ".join(problem.sentence(self._language) for problem in refused.problems)
            raise NotUnderstood(said) from refused
        except Retry as retry:
            await self._last_or_again(row, str(retry), retry.after_s, retry)
        except PluginFailed as failed:
            if failed.paused:
                raise
            said = " ".join(filter(None, (failed.sentence(self._language), failed.detail)))
            await self._last_or_again(row, said, backoff_s(row["attempts"] % ATTEMPTS + 1), failed)

    async def _last_or_again(
        self, row: dict[str, Any], said: str, after_s: float, cause: Exception
    ) -> NoReturn:
        # What a person replays has all its attempts again.
        if row["attempts"] % ATTEMPTS + 1 >= ATTEMPTS:
            await self._deliveries.failed(row, said)
            raise NotUnderstood(said) from cause
        raise Retry(said, after_s=after_s) from cause
