"""A plugin's key-value space."""

from typing import Any

import msgspec

from crmcore.plugins.tables import PluginValue

KEY_LIMIT = 200
VALUE_LIMIT = 64_000


class PluginStore:
    """Implements :class:`~crmcore.Store` for one plugin. Joins the open transaction, when there is one."""

    def __init__(self, plugin: str) -> None:
        self._plugin = plugin

    async def get(self, key: str, default: Any = None) -> Any:
        """Return the value under ``key``, or ``default``."""
        rows = await PluginValue.select(PluginValue.value).where(
            (PluginValue.plugin == self._plugin) & (PluginValue.key == _checked(key))
        )
        return msgspec.json.decode(rows[0]["value"]) if rows else default

    async def set(self, key: str, value: Any) -> None:
        """Keep ``value``, which JSON can hold, under ``key``. Raises ``ValueError`` when either is too long."""
        text = msgspec.json.encode(value)
        if len(text) > VALUE_LIMIT:
            raise ValueError(f"the value under {key!r} has {len(text)} bytes; {VALUE_LIMIT} is the most")
        row = PluginValue(plugin=self._plugin, key=_checked(key), value=text.decode())
        await PluginValue.insert(row).on_conflict(
            target=(PluginValue.plugin, PluginValue.key), action="DO UPDATE", values=[PluginValue.value]
        )

    async def delete(self, key: str) -> None:
        """Forget ``key``; nothing happens when it is not there."""
        await PluginValue.delete().where(
            (PluginValue.plugin == self._plugin) & (PluginValue.key == _checked(key))
        )


def _checked(key: str) -> str:
    if not key or len(key) > KEY_LIMIT or "\0" in key:
        raise ValueError(f"a key has 1 to {KEY_LIMIT} characters")
    return key
