"""Serves a workspace with one of everything for the tests in a browser: ``serving.py FOLDER [SIZE]``.

Writes one line of JSON to its output once it answers: its address and what there is.
"""

import asyncio
import json
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


async def _filled(crm: Crm, told: Path, size: int) -> dict[str, str]:
    """Fill the workspace, unless that was done before, and return what there is."""
    if told.exists():
        kept: dict[str, str] = json.loads(told.read_text(encoding="utf-8"))
        return kept
    known = await fill(crm)
    if size:
        await fill_large(crm, known, size)
    told.write_text(json.dumps(known), encoding="utf-8")
    return known


async def serve(folder: str, size: int = 0) -> None:
    """Fill a workspace in ``folder``, with ``size`` contacts, and serve it until somebody ends the process."""
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = WorkspaceSettings(
        data_dir=folder, name="Polar Coffee", base_url=address, second_factor_roles=["viewer"]
    )
    crm = Crm.build(settings, entry_points=PLUGINS)
    await crm.start()
    with crm.bound():
        known = await _filled(crm, Path(folder) / "known.json", size)
    app = create_app(crm, start=False)
    server = TellingServer(uvicorn.Config(app, log_level="error", lifespan="on"))
    server.told = {"address": address, **known}
    await server.serve(sockets=[listening])
    await crm.stop()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))
