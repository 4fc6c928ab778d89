"""Where secrets may not come out: log records, refusals, answers with an error, files and databases."""

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar import Litestar
from structlog import DropEvent
from structlog._base import BoundLoggerBase

from crmcore.errors import CrmError

if TYPE_CHECKING:
    import asyncpg
    import pytest
    from litestar.types import Message, Receive, Scope, Send

    from crmcore.testing.canaries import Canaries

MOST_BYTES = 32 * 1024 * 1024
"""Larger files are there to be large."""
_KEYS = "secret.key"


def watch_places(patch: "pytest.MonkeyPatch", canaries: "Canaries") -> Callable[[], None]:
    """Hear every log record, refusal and answer of 400 or more from now on; return what leaves log records alone."""
    make_record = logging.getLogRecordFactory()
    process, refuse, answer = BoundLoggerBase._process_event, CrmError.__init__, Litestar.__call__

    def heard_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make_record(*args, **kwargs)
        canaries.hear(f"a log record of {record.name}", _said(record))
        return record

    def heard_event(self: BoundLoggerBase, method: str, event: str | None, values: dict[str, Any]) -> Any:
        try:
            processed = process(self, method, event, values)
        except DropEvent:
            canaries.hear(f"the log event {event!r}", repr((event, values)))
            raise
        canaries.hear(f"the log event {event!r}", repr(processed))
        return processed

    def heard_refusal(self: CrmError, *args: Any, **kwargs: Any) -> None:
        refuse(self, *args, **kwargs)
        said = (str(self), self.params, self.problems, self.extra, self.headers)
        canaries.hear(f"the error {self.code}", repr(said))

    async def heard_answer(self: Litestar, scope: "Scope", receive: "Receive", send: "Send") -> None:
        status = 200

        async def hear(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = repr(list(message["headers"])).encode()
            else:
                said = message["body"] if message["type"] == "http.response.body" else b""
            if status >= 400:
                asked = scope.get("raw_path", b"") + b"?" + scope.get("query_string", b"")
                canaries.hear(f"an answer {status}", said, asked=asked)
            await send(message)

        await answer(self, scope, receive, hear)

    logging.setLogRecordFactory(heard_record)
    patch.setattr(BoundLoggerBase, "_process_event", heard_event)
    patch.setattr(CrmError, "__init__", heard_refusal)
    patch.setattr(Litestar, "__call__", heard_answer)
    return lambda: logging.setLogRecordFactory(make_record)


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file below ``folder`` as its name and its bytes; the file with the key ring is the key ring."""
    for file in folder.rglob("*"):
        if file.name == _KEYS or file.is_symlink() or not file.is_file():
            continue
        if file.stat().st_size <= MOST_BYTES:
            yield f"the file {file.relative_to(folder)}", file.read_bytes()


async def dump_of(connection: "asyncpg.Connection") -> str:
    """Return every row of a PostgreSQL database, search vectors included."""
    dump: str = await connection.fetchval("SELECT schema_to_xml('public', true, true, '')::text")
    return dump


def _said(record: logging.LogRecord) -> str:
    try:
        said = record.getMessage()
    except (TypeError, ValueError):
        said = f"{record.msg!r} {record.args!r}"
    if record.exc_info and record.exc_info[1] is not None:
        said += "".join(traceback.format_exception(record.exc_info[1]))
    return said
