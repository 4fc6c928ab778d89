"""Every column of a workspace that holds envelopes. A new one belongs here, or no rotation reaches it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crmcore.accounts.tables import SecondFactor
from crmcore.audit.chain import place_of
from crmcore.audit.tables import AuditSeal
from crmcore.contacts.sealed_log import MergeLogColumn
from crmcore.conversations.tables import ChannelAccountRow, InboundDelivery
from crmcore.importing.tables import ImportRow
from crmcore.plugins.tables import PluginSettingsRow
from crmcore.privacy.tables import Erasure, ErasurePepper
from crmcore.records.sealed_column import CustomColumn
from crmcore.secrets.places import Context, SealedColumn
from crmcore.webhooks.tables import WebhookEndpoint

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def sealed_places(crm: "Crm") -> list[SealedColumn]:
    """Return the columns with envelopes, the core's and those of plugins' records."""
    custom = {
        key: CustomColumn(kind, crm.catalog, crm.sealed_values)
        for key, kind in crm.records.types.items()
        if kind.custom_fields
    }
    return [
        SealedColumn(PluginSettingsRow.settings, _pointed("plugin_settings", "settings", "plugin")),
        SealedColumn(ChannelAccountRow.config, _pointed("channel_account", "config", "id")),
        SealedColumn(
            SecondFactor.secret,
            lambda row, path: ("second_factor", "secret", str(row["user"])),
            [SecondFactor.user],
        ),
        SealedColumn(
            WebhookEndpoint.secret, lambda row, path: ("webhook_endpoint", "secret", str(row["id"]))
        ),
        SealedColumn(
            WebhookEndpoint.old_secret, lambda row, path: ("webhook_endpoint", "old_secret", str(row["id"]))
        ),
        SealedColumn(AuditSeal.signature, lambda row, path: place_of(row["number"])),
        *custom.values(),
        MergeLogColumn(custom),
        SealedColumn(
            ImportRow.changes, lambda row, path: ("import_row", "changes", str(row["id"])), whole=True
        ),
        SealedColumn(Erasure.subject, lambda row, path: ("erasure", "subject", str(row["id"]))),
        SealedColumn(ErasurePepper.secret, lambda row, path: ("erasure_pepper", "secret", str(row["id"]))),
        SealedColumn(InboundDelivery.body, lambda row, path: ("inbound_delivery", "body", str(row["id"]))),
    ]


def _pointed(table: str, column: str, id: str) -> Context:
    def context(row: Mapping[str, Any], path: str) -> tuple[str, ...]:
        return (table, column, str(row[id]), path)

    return context
