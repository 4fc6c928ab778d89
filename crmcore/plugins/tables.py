"""What the host remembers about plugins."""

from piccolo.columns import JSONB, UUID, Boolean, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class PluginLedger(Table, db=WORKSPACE_ENGINE, tablename="plugin_ledger"):
    """A plugin that was ever loaded here, and what it owns, so that it can be named after it is gone.

    ``enabled`` is what an administrator chose: null follows the deployment's settings.
    """

    name = Varchar(length=31, primary_key=True)
    distribution = Varchar(length=120, default="")
    plugin_version = Varchar(length=40, default="")
    owns = JSONB(default="{}")
    enabled = Boolean(null=True, default=None)
    first_seen_at = Timestamptz(default=utc_now)
    last_seen_at = Timestamptz(default=utc_now)


class PluginSettingsRow(Table, db=WORKSPACE_ENGINE, tablename="plugin_settings"):
    """A plugin's settings; values marked secret are AES-GCM envelopes."""

    plugin = Varchar(length=31, primary_key=True)
    settings = JSONB(default="{}")
    updated_at = Timestamptz(default=utc_now)


class PluginValue(Table, db=WORKSPACE_ENGINE, tablename="plugin_value"):
    """A plugin's own key-value space. Unique (plugin, key)."""

    id = UUID(primary_key=True, default=uuid7)
    plugin = Varchar(length=31)
    key = Varchar(length=200)
    value = JSONB(default="null")
