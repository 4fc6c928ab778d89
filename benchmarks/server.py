"""One server of the comparison, a process of its own: ``python -m benchmarks.server KIND URL FOLDER ACCOUNT``."""

import socket
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from crmcore.cli.settling import settle
from crmcore.clock import utc_now
from crmcore.database.database import Database
from crmcore.http.app import create_app
from crmcore.settings import load_settings
from crmcore.spared_imports import import_with
from crmcore.workspace import Crm

import_with("uvicorn", watchfiles=None)  # as ``crmcore serve`` has it
import uvicorn  # noqa: E402 - after that

KINDS = ("crmcore", "bare", "stock")


class Settled(uvicorn.Server):
    """A server as ``crmcore serve`` has it."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        settle()


def app_of(kind: str, url: str, folder: Path, account: str) -> Any:
    """Return the app of ``kind`` on the database at ``url``."""
    if kind == "crmcore":
        settings = load_settings(environment={}, data_dir=str(folder), database_url=url, no_plugins=["*"])
        # Without the worker: what is measured is the receipt, not what follows from it.
        return create_app(Crm.build(settings, clock=utc_now), worker=False)
    if kind == "plugins":
        chosen = load_settings(environment={}, data_dir=str(folder), plugins=url.split(","))
        return create_app(Crm.build(chosen))
    # crmcore's process has nothing of these.
    from benchmarks.bare import bare_app
    from benchmarks.stock import stock_engine

    engine = Database.from_url(url).engine if kind == "bare" else stock_engine(url)
    return bare_app(engine, UUID(account))


if __name__ == "__main__":
    kind, url, folder, account, port = sys.argv[1:6]
    config = uvicorn.Config(
        app_of(kind, url, Path(folder), account),
        port=int(port),
        log_level="warning",
        access_log=False,
        timeout_keep_alive=600,  # while the other servers are asked
    )
    (Settled if kind == "crmcore" else uvicorn.Server)(config).run()
