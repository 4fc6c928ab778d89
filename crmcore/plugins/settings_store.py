"""The settings of all plugins: checked, encrypted where they are secret, read at start."""

import os
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from crmcore.clock import Clock, utc_now
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Problem
from crmcore.conversions import converted
from crmcore.errors import Invalid, NotFound
from crmcore.plugins.environment import MissingVariable, resolve_environment
from crmcore.plugins.ledger import Noting
from crmcore.plugins.logs import Redactor
from crmcore.plugins.registry import Registry
from crmcore.plugins.tables import PluginSettingsRow
from crmcore.secrets.fields import SecretFields
from crmcore.secrets.keyring import KeyMissing, KeyRing
from crmcore.secrets.keys import SecretError

NO_SETTINGS: Label = {"en": "The plugin “{name}” has no settings.", "ru": "У плагина «{name}» нет настроек."}
UNKNOWN: Label = {"en": "There is no such setting.", "ru": "Такой настройки нет."}
NO_VARIABLE: Label = {
    "en": "The environment variable “{name}” is not set.",
    "ru": "Переменная окружения «{name}» не задана.",
}
STORED_UNFIT: Label = {
    "en": "The stored settings no longer fit the plugin: {why}. Save them again.",
    "ru": "Сохранённые настройки больше не подходят плагину: {why}. Сохраните их заново.",
}


def _changes(fields: SecretFields, before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Return which settings change from what to what; of a secret only that it does."""
    old, new = fields.mask(before), fields.mask(after)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: [old.get(name), new.get(name)] for name in changed}


class SettingsUnusable(Exception):
    """A plugin asked for settings that cannot be used; ``reason`` says why, without any of their values."""

    def __init__(self, plugin: str, reason: Label) -> None:
        super().__init__(f"the settings of {plugin} cannot be used: {text_of(reason, 'en')}")
        self.reason = reason


class PluginSettings:
    """Keeps the settings of a workspace's plugins.

    Stored is a JSON document per plugin, with secrets in envelopes bound to table, column, plugin and path, and
    with ``{"$env": "NAME"}`` wherever a value is taken from the environment. Plugins get the Struct they
    registered, whose repr shows no secret.
    """

    def __init__(
        self,
        registry: Registry,
        keys: KeyRing,
        *,
        clock: Clock = utc_now,
        redactor: Redactor | None = None,
        environment: Mapping[str, str] | None = None,
        note: Noting | None = None,
    ) -> None:
        self._registry = registry
        self._note = note
        self._keys = keys
        self._clock = clock
        self._redactor = redactor or Redactor()
        self._environment = os.environ if environment is None else environment
        self._loaded: dict[str, Struct] = {}
        self._fields: dict[str, SecretFields] = {}
        self._problems: dict[str, Label] = {}

    async def load_all(self) -> None:
        """Read the settings of every plugin that has some; call it at start and to see what others saved.

        What cannot be used is in :meth:`problem`. Raises :class:`~crmcore.secrets.KeyMissing` when a secret's
        key is gone: the workspace should not start without it.
        """
        rows = await PluginSettingsRow.select(PluginSettingsRow.plugin, PluginSettingsRow.settings)
        stored = {row["plugin"]: msgspec.json.decode(row["settings"]) for row in rows}
        for plugin in self._registry.settings:
            self._take(plugin, stored.get(plugin, {}))

    async def load(self, plugin: str) -> Struct:
        """Read the settings of ``plugin`` and return them. Raises :class:`SettingsUnusable`."""
        self._take(plugin, await self._stored(plugin))
        settings: Struct = self.current(plugin)
        return settings

    def current(self, plugin: str) -> Any:
        """Return the settings of ``plugin`` as read last, its defaults before that, None when it has none.

        Raises :class:`SettingsUnusable`.
        """
        if plugin not in self._registry.settings:
            return None
        if plugin in self._problems:
            raise SettingsUnusable(plugin, self._problems[plugin])
        if plugin not in self._loaded:
            return self._secrets(plugin).veil(self._secrets(plugin).struct())
        return self._loaded[plugin]

    def problem(self, plugin: str) -> Label:
        """Return why the settings of ``plugin`` cannot be used, empty when they can."""
        return self._problems.get(plugin, "")

    async def save(self, plugin: str, values: Mapping[str, Any]) -> None:
        """Check and store ``values``; what is left out, and secrets that are still masked, stay as they are.

        Raises :class:`~crmcore.errors.Invalid` with the paths of what does not fit.
        """
        fields = self._secrets(plugin)
        stored = fields.open(await self._stored(plugin), self._keys, *_place(plugin))
        document = {**stored, **fields.keep_masked(dict(values), stored)}
        known = {field.encode_name for field in msgspec.structs.fields(fields.struct)}
        unknown = [name for name in values if name not in known]
        if unknown:
            raise Invalid(
                problems=tuple(Problem(path=f"/{n}", code="unknown", message=UNKNOWN) for n in unknown)
            )
        # A plugin that has dropped a setting does not keep the others from being saved.
        document = {name: value for name, value in document.items() if name in known}
        settings = self._built(plugin, document)
        text = msgspec.json.encode(fields.seal(document, self._keys, *_place(plugin))).decode()
        row = PluginSettingsRow(plugin=plugin, settings=text, updated_at=self._clock())
        await PluginSettingsRow.insert(row).on_conflict(
            target=PluginSettingsRow.plugin,
            action="DO UPDATE",
            values=[PluginSettingsRow.settings, PluginSettingsRow.updated_at],
        )
        if self._note is not None:
            await self._note("update", "settings", plugin, changes=_changes(fields, stored, document))
        self._loaded[plugin] = settings
        self._problems.pop(plugin, None)

    async def masked(self, plugin: str) -> dict[str, Any]:
        """Return the stored settings over the defaults, for reading: secrets show as dots, ``$env`` as it is."""
        fields = self._secrets(plugin)
        defaults = msgspec.to_builtins(fields.struct())
        return fields.mask({**defaults, **await self._stored(plugin)})

    def schema(self, plugin: str) -> dict[str, Any]:
        """Return the JSON Schema of the settings, an object schema with secrets marked ``writeOnly``."""
        schema = msgspec.json.schema(self._secrets(plugin).struct)
        definitions = schema.get("$defs", {})
        root = definitions.pop(schema.get("$ref", "").rpartition("/")[2], schema)
        return {**root, "$defs": definitions} if definitions else root

    async def seal_again(self) -> int:
        """Encrypt every secret with the first key, after a rotation; return how many plugins that touched."""
        touched = 0
        for plugin in self._registry.settings:
            stored, fields = await self._stored(plugin), self._secrets(plugin)
            if all(self._keys.is_current(envelope) for envelope in fields.values(stored)):
                continue
            opened = fields.open(stored, self._keys, *_place(plugin))
            text = msgspec.json.encode(fields.seal(opened, self._keys, *_place(plugin))).decode()
            await PluginSettingsRow.update({PluginSettingsRow.settings: text}).where(
                PluginSettingsRow.plugin == plugin
            )
            touched += 1
        return touched

    def _take(self, plugin: str, stored: dict[str, Any]) -> None:
        self._problems.pop(plugin, None)
        try:
            opened = self._secrets(plugin).open(stored, self._keys, *_place(plugin))
            self._loaded[plugin] = self._built(plugin, opened)
        except KeyMissing:
            raise
        except SecretError as error:
            self._problems[plugin] = _filled(STORED_UNFIT, why=str(error))
        except Invalid as error:
            self._problems[plugin] = {
                language: text_of(
                    STORED_UNFIT,
                    language,
                    why="; ".join(
                        f"{one.path}: {one.sentence(language).rstrip('.')}" for one in error.problems
                    ),
                )
                for language in ("en", "ru")
            }

    def _built(self, plugin: str, document: dict[str, Any]) -> Struct:
        """Return the Struct that plugins get; its secrets are left out of every log from now on."""
        fields = self._secrets(plugin)
        try:
            resolved = resolve_environment(document, self._environment)
        except MissingVariable as error:
            problem = Problem(
                path=error.path, code="no_variable", message=NO_VARIABLE, params={"name": error.name}
            )
            raise Invalid(problems=(problem,)) from None
        self._redactor.learn(fields.values(resolved))
        # A variable is always text; where one is used, "8080" may become a number.
        return fields.veil(converted(resolved, fields.struct, strict=resolved == document))

    async def _stored(self, plugin: str) -> dict[str, Any]:
        self._secrets(plugin)
        rows = await PluginSettingsRow.select(PluginSettingsRow.settings).where(
            PluginSettingsRow.plugin == plugin
        )
        stored: dict[str, Any] = msgspec.json.decode(rows[0]["settings"]) if rows else {}
        return stored

    def _secrets(self, plugin: str) -> SecretFields:
        if plugin not in self._registry.settings:
            raise NotFound(NO_SETTINGS, code="no_settings", name=plugin)
        if plugin not in self._fields:
            self._fields[plugin] = SecretFields(self._registry.settings[plugin].item.type)
        return self._fields[plugin]


def _filled(label: Label, **params: str) -> Label:
    return {language: text_of(label, language, **params) for language in ("en", "ru")}


def _place(plugin: str) -> tuple[str, str, str]:
    return ("plugin_settings", "settings", plugin)
