"""Serves a workspace with one of everything for the tests in a browser: ``serving.py FOLDER [SIZE]``.

Writes one line of JSON to its output once it answers: its address and what there is.
"""

import asyncio
import json
import os
import socket
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "web"))

from large_world import fill_large
from world import fill

from crmcore.http.app import create_app
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

PLUGINS = [EntryPoint(name, f"{name}_plugin", "crmcore") for name in ("shop", "desk", "connect")]


class TellingServer(uvicorn.Server):
    """Writes ``told`` to the output once it answers."""

    told: dict[str, str]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(json.dumps(self.told), flush=True)


async def _filled(crm: Crm, size: int) -> dict[str, str]:
    known = await fill(crm)
    if size:
        await fill_large(crm, known, size)
    return known


def _kept(told: Path) -> dict[str, str] | None:
    """Return what there is in a workspace that an earlier run has filled."""
    found: dict[str, str] | None = json.loads(told.read_text(encoding="utf-8")) if told.exists() else None
    return found


def _keep(told: Path, known: dict[str, str]) -> None:
    told.write_text(json.dumps(known), encoding="utf-8")


async def serve(folder: str, size: int = 0) -> None:
    """Fill a workspace in ``folder``, with ``size`` contacts, and serve it until somebody ends the process."""
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = WorkspaceSettings(
        data_dir=folder, name="Polar Coffee", base_url=address, second_factor_roles=["viewer"]
    )
    crm = Crm.build(settings, entry_points=PLUGINS)
    await crm.start()
    told = Path(folder) / "known.json"
    with crm.bound():
        known = _kept(told) or await _filled(crm, size)
        _keep(told, known)
    app = create_app(crm, start=False)
    server = TellingServer(uvicorn.Config(app, log_level="error", lifespan="on"))
    server.told = known | {"address": address, "pid": str(os.getpid())}
    await server.serve(sockets=[listening])
    await crm.stop()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))
