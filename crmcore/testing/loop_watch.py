"""Whether somebody keeps the event loop waiting, and where."""

import asyncio
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType

TICK_S = 0.02
MOST_TICKS = 15
"""So many looks in a row at one stalled loop, 0.3 s of a machine that has time for the looker too."""


class LoopWatch:
    """Looks from a thread of its own, which a busy machine delays as much as the loop.

    What counts is not the clock but how often it looks while the loop stands still inside of ``package``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._beats = 0
        self._over = threading.Event()
        self._places: Counter[str] = Counter()
        self._beating: asyncio.Task[None] | None = None
        self._looking = threading.Thread(target=self._look, name="crmcore-loop-watch", daemon=True)
        self._thread = threading.get_ident()

    async def __aenter__(self) -> "LoopWatch":
        self._thread = threading.get_ident()
        self._beating = asyncio.create_task(self._beat())
        self._looking.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        if self._beating is not None:
            self._beating.cancel()
        await asyncio.to_thread(self._looking.join)

    def places(self) -> list[str]:
        """Return where the loop stood still, most often first."""
        return [place for place, _ in self._places.most_common(5)]

    async def _beat(self) -> None:
        while True:
            self._beats += 1
            await asyncio.sleep(TICK_S / 2)

    def _look(self) -> None:
        before, stalled = -1, 0
        while not self._over.wait(TICK_S):
            stalled = stalled + 1 if self._beats == before else 0
            before = self._beats
            if stalled and stalled % MOST_TICKS == 0:
                place = self._place(sys._current_frames().get(self._thread))
                if place:
                    self._places[place] += 1

    def _place(self, frame: FrameType | None) -> str:
        """Return the innermost line of the plugin that the loop is in, nothing when it is elsewhere."""
        while frame is not None:
            if frame.f_code.co_filename.startswith(self._folder):
                file = Path(frame.f_code.co_filename).name
                return f"{file}, line {frame.f_lineno}, in {frame.f_code.co_name}"
            frame = frame.f_back
        return ""
