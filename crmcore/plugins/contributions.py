"""Turn what a plugin's register hooks returned into checked contributions."""

from collections.abc import Callable
from typing import Any

from crmcore.contracts.actions import Action
from crmcore.contracts.authenticators import Authenticator
from crmcore.contracts.channels import Channel
from crmcore.contracts.commands import Command
from crmcore.contracts.connections import Connection
from crmcore.contracts.fields import CustomField, FieldType
from crmcore.contracts.health import HealthCheck
from crmcore.contracts.jobs import Job
from crmcore.contracts.labels import Label
from crmcore.contracts.matchers import Matcher
from crmcore.contracts.message_blocks import MessageBlocks
from crmcore.contracts.pages import Page
from crmcore.contracts.panels import Panel
from crmcore.contracts.paths import is_own_path
from crmcore.contracts.permissions import Permission
from crmcore.contracts.personal_data import PersonalData
from crmcore.contracts.records import RecordType
from crmcore.contracts.scopes import RowScope
from crmcore.contracts.settings import Settings
from crmcore.contracts.setup_steps import SetupStep
from crmcore.contracts.tiles import Tile
from crmcore.contracts.timeline import TimelineSource
from crmcore.contracts.validators import Validator
from crmcore.plugins import reasons
from crmcore.plugins.checks.connections import check_connection
from crmcore.plugins.checks.jobs import check_job
from crmcore.plugins.checks.schemas import check_schema
from crmcore.plugins.checks.settings import check_config, check_settings
from crmcore.plugins.checks.tables import check_app, check_record_table, check_table
from crmcore.plugins.checks.validators import check_validator
from crmcore.plugins.failures import LoadProblem
from crmcore.plugins.names import CORE, is_key
from crmcore.plugins.registry import Registered, Registry

Progress = Callable[[str], None]
"""Is told what is being tried now, so that a step that hangs can be named."""


class Contributions:
    """Collects what one plugin contributes, checking each thing; the host takes all of it or nothing."""

    def __init__(self, plugin: str, progress: Progress) -> None:
        self.plugin = plugin
        self.registry = Registry()
        self._progress = progress
        self._adders: dict[str, Callable[[Any], None]] = {
            "register_settings": self._settings,
            "register_tables": self._tables,
            "register_record_types": self._record_type,
            "register_row_scopes": self._row_scope,
            "register_field_types": self._field_type,
            "register_validators": self._validator,
            "register_custom_fields": self._custom_field,
            "register_channels": self._channel,
            "register_connections": self._connection,
            "register_panels": self._panel,
            "register_matchers": self._matcher,
            "register_personal_data": self._personal_data,
            "register_authenticator": self._authenticator,
            "register_jobs": self._job,
            "register_actions": self._action,
            "register_pages": self._page,
            "register_timeline": self._timeline,
            "register_message_blocks": self._message_blocks,
            "register_commands": self._command,
            "register_setup_steps": self._setup_step,
            "register_tiles": self._tile,
            "register_permissions": self._permission,
            "register_health": self._health,
        }

    def take(self, hook: str, result: Any) -> None:
        """Check what ``hook`` returned, whose types are known to be right, and keep it.

        Raises :class:`LoadProblem`.
        """
        for item in result if isinstance(result, list) else [result]:
            if item is not None:
                self._adders[hook](item)

    def _settings(self, settings: Settings) -> None:
        check_settings(settings)
        self._keep("settings", self.registry.settings, self.plugin, settings)

    def _tables(self, app: Any) -> None:
        if self.plugin != CORE:
            check_app(self.plugin, app)
        self._keep("tables", self.registry.tables, self.plugin, app)

    def _record_type(self, record_type: RecordType) -> None:
        self._check_key("record type", record_type.key)
        self._check_key("record type", record_type.plural)
        check_record_table(record_type)
        if self.plugin != CORE:
            check_table(self.plugin, record_type.table)
        for name, schema in record_type.properties.items():
            check_schema(schema, f"{record_type.key}.{name}")
        self._keep("record type", self.registry.record_types, record_type.key, record_type)

    def _row_scope(self, scope: RowScope) -> None:
        self._check_key("row scope", scope.key)
        if scope.key in ("all", "none"):
            raise LoadProblem(reasons.key_taken("row scope", scope.key, CORE, self.plugin))
        self._keep("row scope", self.registry.row_scopes, scope.key, scope)

    def _field_type(self, field_type: FieldType) -> None:
        self._check_key("field type", field_type.key)
        check_schema(field_type.options_schema, f"the options of “{field_type.key}”")
        self._keep("field type", self.registry.field_types, field_type.key, field_type)

    def _validator(self, validator: Validator) -> None:
        self._check_key("validator", validator.key)
        check_schema(validator.options_schema, f"the options of “{validator.key}”")
        self._progress(f"validator {validator.key}")
        check_validator(validator)
        self._keep("validator", self.registry.validators, validator.key, validator)

    def _custom_field(self, custom_field: CustomField) -> None:
        self._check_key("custom field", custom_field.key)
        if self.plugin != CORE and not custom_field.key.startswith(f"{self.plugin}_"):
            raise LoadProblem(reasons.unprefixed("custom field", custom_field.key, f"{self.plugin}_"))
        self.registry.custom_fields.append(Registered(self.plugin, custom_field))
        problem = custom_field_conflict(self.registry, Registry(), self.plugin)
        if problem:
            raise LoadProblem(problem)

    def _channel(self, channel: Channel) -> None:
        self._check_key("channel", channel.key)
        if channel.config is not None:
            check_config(channel.config)
        self._keep("channel", self.registry.channels, channel.key, channel)

    def _connection(self, connection: Connection) -> None:
        self._check_key("connection", connection.key)
        check_connection(connection)
        self._keep("connection", self.registry.connections, connection.key, connection)

    def _panel(self, panel: Panel) -> None:
        self._check_key("panel", panel.key)
        self._keep("panel", self.registry.panels, f"{self.plugin}.{panel.key}", panel)

    def _matcher(self, matcher: Matcher) -> None:
        self._check_key("matcher", matcher.key)
        self._keep("matcher", self.registry.matchers, f"{self.plugin}.{matcher.key}", matcher)

    def _personal_data(self, personal_data: PersonalData) -> None:
        self._check_key("kind of personal data", personal_data.key)
        key = f"{self.plugin}.{personal_data.key}"
        self._keep("kind of personal data", self.registry.personal_data, key, personal_data)

    def _authenticator(self, authenticator: Authenticator) -> None:
        self._keep("authenticator", self.registry.authenticators, self.plugin, authenticator)

    def _job(self, job: Job) -> None:
        self._check_key("job", job.key)
        check_job(job)
        self._keep("job", self.registry.jobs, f"{self.plugin}.{job.key}", job)

    def _action(self, action: Action) -> None:
        self._keep_own("action", self.registry.actions, action.key, action)
        if action.form is not None:
            check_config(action.form)

    def _page(self, page: Page) -> None:
        self._keep_own("page", self.registry.pages, page.key, page)

    def _timeline(self, source: TimelineSource) -> None:
        self._keep_own("timeline source", self.registry.timeline, source.key, source)

    def _message_blocks(self, blocks: MessageBlocks) -> None:
        self._keep_own("message blocks", self.registry.message_blocks, blocks.key, blocks)

    def _command(self, command: Command) -> None:
        self._check_path("command", command.key, command.open)
        self._keep_own("command", self.registry.commands, command.key, command)

    def _setup_step(self, step: SetupStep) -> None:
        self._check_path("setup step", step.key, step.open)
        self._keep_own("setup step", self.registry.setup_steps, step.key, step)

    def _tile(self, tile: Tile) -> None:
        self._keep_own("tile", self.registry.tiles, tile.key, tile)

    def _permission(self, permission: Permission) -> None:
        subject, _, name = permission.key.rpartition(".")
        self._check_key("permission", name)
        if subject != self.plugin:
            raise LoadProblem(reasons.unprefixed("permission", permission.key, f"{self.plugin}."))
        self._keep("permission", self.registry.permissions, permission.key, permission)

    def _health(self, check: HealthCheck) -> None:
        self._keep_own("health check", self.registry.health, check.key, check)

    def _check_path(self, kind: str, key: str, path: str) -> None:
        if not is_own_path(path):
            raise LoadProblem(reasons.bad_path(kind, key, path))

    def _keep_own(self, kind: str, items: dict[str, Registered[Any]], key: str, item: Any) -> None:
        self._check_key(kind, key)
        self._keep(kind, items, f"{self.plugin}.{key}", item)

    def _check_key(self, kind: str, key: str) -> None:
        if not is_key(key):
            raise LoadProblem(reasons.bad_key(kind, key))

    def _keep(self, kind: str, items: dict[str, Registered[Any]], key: str, item: Any) -> None:
        if key in items:
            raise LoadProblem(reasons.key_taken(kind, key, self.plugin, self.plugin))
        items[key] = Registered(self.plugin, item)


def conflict(mine: Registry, others: Registry, plugin: str) -> Label | None:
    """Return why ``mine`` cannot stand beside ``others``: a key that another plugin already owns."""
    taken = dict(others.kinds())
    for kind, items in mine.kinds():
        for key in items:
            if key in taken[kind]:
                return reasons.key_taken(_SINGULAR.get(kind, kind), key, taken[kind][key].plugin, plugin)
    # Accounts name what they are of by its key alone.
    for one, other in (("channels", "connections"), ("connections", "channels")):
        for key in getattr(mine, one):
            if (twin := getattr(others, other).get(key) or getattr(mine, other).get(key)) is not None:
                return reasons.key_taken(_SINGULAR[one], key, twin.plugin, plugin)
    plurals = {owned.item.plural: owned.plugin for owned in others.record_types.values()}
    for owned in mine.record_types.values():
        if owned.item.plural in plurals:
            return reasons.key_taken("record type", owned.item.plural, plurals[owned.item.plural], plugin)
    names = {name: owned.plugin for owned in others.tables.values() for name in _table_names(owned.item)}
    for owned_app in mine.tables.values():
        for name in _table_names(owned_app.item):
            if name in names:
                return reasons.key_taken("table", name, names[name], plugin)
    return None


def custom_field_conflict(mine: Registry, others: Registry, plugin: str) -> Label | None:
    """Return why the custom fields of ``mine`` cannot stand beside each other and those of ``others``."""
    owners = {(owned.item.record_type, owned.item.key): owned.plugin for owned in others.custom_fields}
    for owned in mine.custom_fields:
        place = (owned.item.record_type, owned.item.key)
        if place in owners:
            return reasons.key_taken("custom field", ".".join(place), owners[place], plugin)
        owners[place] = plugin
    return None


def _table_names(app: Any) -> list[str]:
    return [table._meta.tablename for table in app.table_classes]


_SINGULAR = {
    "record_types": "record type",
    "row_scopes": "row scope",
    "field_types": "field type",
    "validators": "validator",
    "channels": "channel",
    "connections": "connection",
    "panels": "panel",
    "matchers": "matcher",
    "personal_data": "kind of personal data",
    "authenticators": "authenticator",
    "jobs": "job",
    "actions": "action",
    "pages": "page",
    "timeline": "timeline source",
    "message_blocks": "message blocks",
    "commands": "command",
    "setup_steps": "setup step",
    "tiles": "tile",
    "permissions": "permission",
    "health": "health check",
}
