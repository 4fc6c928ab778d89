"""A web process as its parent sees it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

READY_S = 60.0
LINE = 4096
"""What a pipe passes on in one piece, POSIX says."""
END_S = 40.0
"""After so long a process that was told to end is killed: requests have 5 s, jobs 10 s, cancelled jobs 5 s."""


class WebChild:
    """A child process with the shared socket."""

    def __init__(self, process: asyncio.subprocess.Process, answers: asyncio.Future[str]) -> None:
        self._process = process
        self._answers = answers

    @classmethod
    async def start(cls, arguments: Sequence[str], socket: int) -> WebChild:
        """Start ``crmcore`` with ``arguments`` on the listening ``socket``."""
        heard, told = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "crmcore.cli", *arguments, "--socket", str(socket), "--ready", str(told)),
                pass_fds=(socket, told),
                stdin=asyncio.subprocess.DEVNULL,
            )
        except BaseException:
            os.close(heard)
            raise
        finally:
            os.close(told)
        loop = asyncio.get_running_loop()
        answers: asyncio.Future[str] = loop.create_future()

        def hear() -> None:
            # One short line, or the end of the pipe when the process ended before it answered.
            line = os.read(heard, LINE)
            loop.remove_reader(heard)
            os.close(heard)
            if not answers.done():
                answers.set_result(line.decode())

        loop.add_reader(heard, hear)
        return cls(process, answers)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal, None while it runs."""
        return self._process.returncode

    async def answers(self) -> bool:
        """Wait until it answers requests; False when it ended or took longer than :data:`READY_S`."""
        with suppress(TimeoutError):
            return bool(await asyncio.wait_for(asyncio.shield(self._answers), READY_S))
        return False

    @property
    def first_run(self) -> str:
        """The path of the link for the first account, empty once there is one or before it answers."""
        return self._answers.result().strip() if self._answers.done() else ""

    async def ended(self) -> int:
        """Wait for its end and return the exit code."""
        return await self._process.wait()

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, if there is still somebody to hear it."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def end(self) -> None:
        """Let it finish its requests and jobs; kill it when it does not end within :data:`END_S`."""
        self.tell(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.ended(), END_S)
        except TimeoutError:
            self.tell(signal.SIGKILL)
            await self.ended()
