"""Connections: accounts at services that are no channel, a shop, an audience, a warehouse."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.contracts.channels import ChannelAccount, InboundRequest, RawDelivery, Verified
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext
    from crmcore.contracts.settings import CheckResult


class Authorization(Struct, frozen=True, kw_only=True):
    """How an account is connected by consent on the service's own page: OAuth 2.0 (RFC 6749, section 4.1).

    ``start(account, callback_url, state)`` returns the https address of that page. The core sends the browser
    there and owns the address it comes back to; ``state`` is the core's, bound to the browser's session, good for
    one return within ten minutes. ``finish(query, account, plugin)`` gets the parameters of the return, proves what
    the service signs of them, and returns the account's settings with what it was granted: a Struct of the
    connection's ``config``. It raises :class:`~crmcore.Refusal` when the service or the person said no, and
    :class:`~crmcore.InvalidValue` when the return is not the service's.
    """

    start: Callable[[ChannelAccount, str, str], str]
    finish: "Callable[[Mapping[str, str], ChannelAccount, PluginContext], Awaitable[Struct]]"
    label: Label = ""


class Connection(Struct, frozen=True, kw_only=True):
    """A kind of connection. Every configured one is a :class:`ChannelAccount`; there may be several of each.

    ``config`` is the Struct of an account's settings, and ``check_config`` and ``check`` are those of a
    :class:`~crmcore.Channel`. ``verify(request, account)`` proves where a request to the account's address came
    from, quickly and without I/O, or raises :class:`~crmcore.Forged` (401) or :class:`~crmcore.InvalidValue` (422);
    without it the account has no address. ``handle(delivery, account, plugin)`` works on a stored delivery in a job:
    whatever it raises is tried again with growing delays and then put into quarantine with its raw body, from where
    a person replays it; :class:`~crmcore.InvalidValue` goes there at once, :class:`~crmcore.Retry` chooses its
    delay. Once it has returned, the delivery is done and never handed out again unless a person replays it; a
    process that dies before that leaves it to be handled once more. ``listen(account, plugin)`` is a long-lived task
    that runs in one process of all, is begun again when it ends or raises, and cancelled when the account is paused
    or changed and when the process stops.
    """

    key: str
    label: Label
    config: type[Struct]
    icon: str = "plug"
    help: Label = ""
    check: "Callable[[ChannelAccount, PluginContext], Awaitable[CheckResult]] | None" = None
    check_config: Callable[[Any], Awaitable[Sequence[Problem]]] | None = None
    verify: Callable[[InboundRequest, ChannelAccount], Verified] | None = None
    handle: "Callable[[RawDelivery, ChannelAccount, PluginContext], Awaitable[None]] | None" = None
    listen: "Callable[[ChannelAccount, PluginContext], Awaitable[None]] | None" = None
    authorize: Authorization | None = None
