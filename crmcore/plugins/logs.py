"""Logs of plugins: structured lines that name the plugin and keep no secret."""

import json
import logging
import re
from collections.abc import Iterable, MutableMapping
from typing import Any, cast

import structlog

from crmcore.contracts.context import Log

REMOVED = "[removed]"
# Shorter texts would be removed from the middle of ordinary words.
_SHORTEST_SECRET = 6
_LONGEST_VALUE = 2_000
_SECRET_NAME = re.compile(
    r"secret|token|passw|passphrase|authori[sz]ation|cookie|credential|signature|api_?key|private_?key|session",
    re.IGNORECASE,
)
_PLAIN = (str, int, float, bool, type(None))


class Redactor:
    """Removes secrets from texts: the values it was told of, wherever they appear.

    One per workspace; the settings store tells it every secret it decrypts.
    """

    def __init__(self) -> None:
        self._secrets: dict[str, None] = {}

    def learn(self, secrets: Iterable[str]) -> None:
        """Remove these values from now on."""
        self._secrets.update(dict.fromkeys(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET))

    def clean(self, text: str) -> str:
        """Return ``text`` without any known secret."""
        # The longest first: a secret may be a part of another.
        for secret in sorted(self._secrets, key=len, reverse=True):
            if secret in text:
                text = text.replace(secret, REMOVED)
        return text

    def field(self, name: str, value: Any) -> Any:
        """Return the log field ``name`` fit to be written: no secret, nothing endless, JSON at heart."""
        if _SECRET_NAME.search(name):
            return REMOVED
        if isinstance(value, (int, float, bool, type(None))):
            return value
        text = self.clean(value if isinstance(value, str) else repr(value))
        return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._secrets)} secrets>"


def plugin_log(plugin: str, redactor: Redactor) -> Log:
    """Return the log of ``plugin``: JSON lines on the standard logger ``crmcore.plugin.NAME``.

    Where they go is the host process's choice; nothing global is configured here.
    """

    def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {name: redactor.field(name, value) for name, value in event.items()}

    logger = structlog.wrap_logger(
        logging.getLogger(f"crmcore.plugin.{plugin}"),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            _as_json,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
        plugin=plugin,
    )
    return cast(Log, logger.bind())


def _as_json(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, default=str)
