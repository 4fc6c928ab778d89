"""Where the log of a process goes: stderr, lines of JSON for machines, plain lines on a terminal."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import structlog

_LONGEST = 4_000
# The first is said again and again while a collector is away; that spans were lost is said in a line of its own.
# The others write every address down that is asked, and an address may hold a secret.
_QUIETER = {"opentelemetry.exporter": logging.ERROR, "httpx2": logging.WARNING, "httpcore2": logging.WARNING}


class JsonLines(logging.Formatter):
    """Lines of other libraries as JSON; those of plugins are JSON already."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        message = record.getMessage()
        if record.name.startswith("crmcore.plugin."):
            return message
        line = {
            **structlog.contextvars.get_contextvars(),
            "event": message[:_LONGEST],
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)[-_LONGEST:]
        return json.dumps(line, ensure_ascii=False, default=str)


def log_to_stderr(level: int, stream: Any = None) -> None:
    """Send everything from ``level`` up to stderr, or to ``stream`` in its place.

    Commands that answer on stdout keep it free for the answer.
    """
    stream = stream or sys.stderr
    terminal = stream.isatty()
    logging.basicConfig(level=level, format="%(message)s", stream=stream, force=True)
    if not terminal:
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
    for name, lowest in _QUIETER.items():
        logging.getLogger(name).setLevel(lowest)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
