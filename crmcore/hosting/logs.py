"""A log of each workspace."""

import sys
from pathlib import Path
from typing import TextIO

import structlog


class OwnLogs:
    """A text stream that writes what belongs to a workspace to the file of that workspace, the rest to stderr.

    Whose a line is says the context in which it is written, that of a request or of a job, not the line.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, TextIO] = {}

    def write(self, text: str) -> int:
        """Write ``text``; return its length."""
        return self._now().write(text)

    def flush(self) -> None:
        """Hand on what was written."""
        self._now().flush()

    def isatty(self) -> bool:
        """Say that lines are read by machines."""
        return False

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _now(self) -> TextIO:
        workspace = str(structlog.contextvars.get_contextvars().get("workspace", ""))
        if not workspace:
            return sys.stderr
        if workspace not in self._files:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Names come from the hosts file: letters, digits and “-”.
            self._files[workspace] = (self._folder / f"{workspace}.log").open("a", encoding="utf-8")
        return self._files[workspace]
