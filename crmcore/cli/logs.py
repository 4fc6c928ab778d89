"""Where the log of a process goes: stderr, lines of JSON for machines, plain lines on a terminal."""

import logging
import sys

import structlog


def log_to_stderr(level: int) -> None:
    """Send everything from ``level`` up to stderr. Commands that answer on stdout keep it free for the answer."""
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr, force=True)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
