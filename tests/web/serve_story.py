"""Serve the story on an address, to look at it: ``python tests/web/serve_story.py PORT FOLDER``."""

import asyncio
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).parent))

from story import tell

from crmcore.http.app import create_app
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm


async def prepared(folder: str, port: int) -> Crm:
    """Return a workspace in ``folder`` with the story told once."""
    settings = WorkspaceSettings(data_dir=folder, name="Polar Coffee", base_url=f"http://127.0.0.1:{port}")
    crm = Crm.build(settings, entry_points=[EntryPoint("shop", "shop_plugin", "crmcore")])
    fresh = not (Path(folder) / "crm.sqlite").exists()
    await crm.start()
    if fresh:
        with crm.bound():
            story = await tell(crm)
            print("conversation", story.conversations[0], "contact", story.contacts[0])
    await crm.stop()
    return Crm.build(settings, entry_points=[EntryPoint("shop", "shop_plugin", "crmcore")])


if __name__ == "__main__":
    number, place = int(sys.argv[1]), sys.argv[2]
    uvicorn.run(create_app(asyncio.run(prepared(place, number))), port=number, log_level="warning")
