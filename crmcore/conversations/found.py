"""A channel account as it is used: of a channel or of a connection, and whether it can work at the moment."""

from typing import Any, NamedTuple

import msgspec

from crmcore.contracts.channels import Channel, ChannelAccount
from crmcore.contracts.connections import Connection
from crmcore.contracts.labels import Label, text_of
from crmcore.conversations.account_config import ConfigCodec
from crmcore.conversations.policy import Policy, stored_policy
from crmcore.conversations.sentences import label
from crmcore.plugins.names import CORE
from crmcore.plugins.registry import Registered, Registry
from crmcore.secrets.keys import SecretError

CHANNEL, CONNECTION = "channel", "connection"


class Found(NamedTuple):
    """A channel account as it is used: its row, what its channel gets, and the channel or connection.

    Both ``channel`` and ``connection`` are None when the plugin is absent or the settings do not fit; ``trouble``
    then says why, and also when the account is paused. ``policy`` is the row's, decoded.
    """

    row: dict[str, Any]
    account: ChannelAccount
    channel: Channel | None
    policy: Policy = Policy()
    trouble: Label = ""
    connection: Connection | None = None

    @property
    def service(self) -> Channel | Connection | None:
        """The channel or the connection that the account is of."""
        return self.channel or self.connection

    @property
    def lane(self) -> str:
        """Whose jobs work on its deliveries: a plugin that is slow with them keeps nobody else's waiting."""
        return str(self.row["plugin"]) if self.row["kind"] == CONNECTION else CORE


def kind_of(registry: Registry, key: str) -> tuple[str, Registered[Any]] | None:
    """Return whether ``key`` is a channel or a connection, with it; None when no loaded plugin has it."""
    if (channel := registry.channels.get(key)) is not None:
        return CHANNEL, channel
    if (connection := registry.connections.get(key)) is not None:
        return CONNECTION, connection
    return None


def opened(row: dict[str, Any], registry: Registry, codec: ConfigCodec) -> Found:
    """Return the account of a stored ``row``."""
    account = ChannelAccount(id=row["id"], name=row["name"], channel=row["channel"], plugin=row["plugin"])
    policy = stored_policy(row["policy"])
    known = kind_of(registry, row["channel"])
    if known is None or known[0] != row["kind"] or known[1].plugin != row["plugin"]:
        return Found(row, account, None, policy, label("channel_absent"))
    kind, registered = known
    try:
        config = codec.loaded(registered.item.config, row["id"], row["config"])
    except (msgspec.ValidationError, SecretError) as error:
        return Found(row, account, None, policy, _unreadable(error))
    account = msgspec.structs.replace(account, config=config)
    trouble = label("account_paused") if row["state"] != "active" else ""
    if kind == CONNECTION:
        return Found(row, account, None, policy, trouble, registered.item)
    return Found(row, account, registered.item, policy, trouble)


def _unreadable(error: Exception) -> Label:
    sentences = label("config_unreadable")
    return {language: text_of(sentences, language, reason=str(error)) for language in ("en", "ru")}
