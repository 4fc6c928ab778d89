"""How far a command has come, on one line of a terminal or a few lines of a log."""

import sys
import time
from typing import TextIO


class ProgressLine:
    """Call it with ``(what, done, total)``; a terminal sees one line that counts, a log every quarter."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._what = ""
        self._shown = -1
        self._at = 0.0
        self._began = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are through."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._shown, self._at, self._began = what, -1, 0.0, now
        share = done * 100 // total if total else 100
        if self._terminal:
            if now - self._at > 0.1 or done == total:
                self._at = now
                self._stream.write(f"\r\x1b[K{what}: {done} of {total}" + ("\n" if done == total else ""))
        elif share // 25 > self._shown:
            self._shown = share // 25
            self._stream.write(f"{what}: {done} of {total} ({now - self._began:.0f} s)\n")
        self._stream.flush()
