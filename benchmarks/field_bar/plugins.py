"""Two plugins that are there while the load runs: one notes every event that it hears, one hangs when told."""

from pathlib import Path

WITNESS = """
import os
from crmcore import hookimpl

FILE = os.open(os.environ["BAR_EVENTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def noted(event):
    step = event.changes.get("custom.step", [None, ""])[1]
    os.write(FILE, f"{event.name} {event.id} {event.record_id} {step}\\n".encode())

@hookimpl
def contact_created(event, plugin):
    noted(event)

@hookimpl
def contact_updated(event, plugin):
    noted(event)

@hookimpl
def message_received(event, plugin):
    noted(event)
"""

JAM = """
import asyncio, os, time
from crmcore import hookimpl

def jammed():
    return os.path.exists(os.environ["BAR_JAM"])

@hookimpl
def contact_created(event, plugin):
    while jammed():
        time.sleep(0.2)

@hookimpl
async def contact_updated(event, plugin):
    while jammed():
        await asyncio.sleep(0.2)

@hookimpl
async def filter_inbound_message(message, plugin):
    while jammed():
        await asyncio.sleep(0.2)
    return message
"""


def install(site: Path, name: str, source: str) -> None:
    """Put a distribution with one plugin into ``site``, as pip would."""
    info = site / f"crm_{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"crm_{name}.py").write_text(source, encoding="utf-8")
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: crm-{name}\nVersion: 1.0\nRequires-Dist: crmcore>=0.1,<1\n",
        encoding="utf-8",
    )
    (info / "entry_points.txt").write_text(f"[crmcore]\n{name} = crm_{name}\n", encoding="utf-8")
