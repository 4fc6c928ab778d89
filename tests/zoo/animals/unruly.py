"""Loads well and misbehaves when it is called: every way, in every kind of hook."""

import asyncio
import contextlib
import sys
import threading
import time

from crmcore import Problem, Verdict, hookimpl


class SyncRaises:
    @hookimpl
    def before_write(self, change):
        raise KeyError("hunter2-is-secret")


class SyncExits:
    @hookimpl
    def before_write(self, change):
        sys.exit(1)


class SyncHangs:
    @hookimpl
    def before_write(self, change):
        time.sleep(3600)


class SyncRecursion:
    @hookimpl
    def before_write(self, change):
        return self.before_write(change)


class SyncSpins:
    """Holds the interpreter as much as pure Python can."""

    stop = False

    @hookimpl
    def before_write(self, change):
        while not self.stop:
            pass


class AsyncRaises:
    @hookimpl
    async def before_write(self, change):
        raise KeyError("nobody home")


class AsyncExits:
    @hookimpl
    async def before_write(self, change):
        sys.exit(1)


class AsyncHangs:
    @hookimpl
    async def before_write(self, change):
        await asyncio.Event().wait()


class AsyncWillNotStop:
    """Refuses to be cancelled, for as long as its test lasts."""

    stop = False

    @hookimpl
    async def before_write(self, change):
        while not self.stop:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)


class AsyncCancelsItself:
    @hookimpl
    async def before_write(self, change):
        raise asyncio.CancelledError


class AsyncRecursion:
    @hookimpl
    async def before_write(self, change):
        return await self.before_write(change)


class WrongType:
    @hookimpl
    def before_write(self, change):
        return "no problem"


class WrongItem:
    @hookimpl
    async def before_write(self, change):
        return [Problem(code="ok", message="ok"), Verdict()]


class TooMany:
    @hookimpl
    def before_write(self, change):
        return [Problem(code="ok", message="ok")] * 10_000


class TooLarge:
    @hookimpl
    def before_write(self, change):
        return [Problem(code="ok", message="x" * 50_000_000)]


class Mutates:
    @hookimpl
    def before_write(self, change):
        change.values.clear()
        change.custom["animal_was_here"] = True
        change.before["tags"].append("bitten")


class LeaksThread:
    def __init__(self):
        self.leaked = threading.Event()

    @hookimpl
    def before_write(self, change):
        threading.Thread(target=self.leaked.wait, daemon=True).start()
