"""Ending with the program that started the command.

GNU make passes SIGTERM on to what it runs, but not a SIGINT that reaches make alone, as from a process supervisor: it
waits for its child, which has heard nothing. And killed with SIGKILL, it leaves the child behind.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

EVERY_S = 0.5


async def watch_parent(stop: Callable[[], None]) -> None:
    """Call ``stop`` when the parent process has gone, or no longer catches SIGINT though it did at the start."""
    parent = os.getppid()
    caught = _catches_interrupt(parent)
    while os.getppid() == parent and (not caught or _catches_interrupt(parent)):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(EVERY_S)
    stop()


def _catches_interrupt(process: int) -> bool:
    """Tell whether ``process`` has a handler for SIGINT: Linux says so in the mask of caught signals, proc(5)."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    for line in status.splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (signal.SIGINT - 1) & 1)
    return False
