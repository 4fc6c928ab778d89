"""The task that listens to one Asterisk: follows calls live, and delivers each that is over."""

import asyncio
import random
from contextlib import suppress
from itertools import count
from typing import Any

import msgspec

from crm_telephony.asterisk.config import AsteriskConfig
from crm_telephony.asterisk.connection import AmiConnection, AmiLost, AmiRefused
from crm_telephony.asterisk.framing import Fields
from crm_telephony.asterisk.keys import key_of, linkedid_of
from crm_telephony.asterisk.numbers import Numbering
from crm_telephony.asterisk.signing_in import signed_in
from crm_telephony.asterisk.tracker import Tracker
from crm_telephony.connected import note_state
from crm_telephony.live import follow
from crm_telephony.report import STAGES, Report
from crm_telephony.tables import TelephonyCall
from crmcore import ChannelAccount, PluginContext

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A wrong password stays wrong: Asterisk and fail2ban remember who insists.
REFUSED_PAUSE_S = 60.0
# Events may get lost where Asterisk drops a slow listener: what is told is compared with what there is.
COMPARE_EVERY_S = 60.0
RETRY_S = 1.0
FLUSH_S = 3.0


async def listen(account: ChannelAccount, plugin: PluginContext) -> None:
    """Follow the calls of ``account`` until cancelled."""
    listener = Listener(account, plugin)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(listener.apply())
            tasks.create_task(listener.hear())
    finally:
        await listener.flush()


class Listener:
    """What is heard goes into a queue, so that a slow database never keeps Asterisk waiting.

    Calls that ring go first. Of one call the stages stay in their order, because an earlier one is both older and
    more urgent.
    """

    def __init__(self, account: ChannelAccount, plugin: PluginContext) -> None:
        self._account = account
        self._plugin = plugin
        self._config: AsteriskConfig = account.config
        config = self._config
        numbering = Numbering(
            extension_digits=config.extension_digits,
            country_code=config.country_code,
            trunk_prefix=config.trunk_prefix,
        )
        self._tracker = Tracker(
            numbering, lambda linkedid: key_of(account.id, linkedid), config.trunks, config.lines
        )
        self._numbers = count()
        self._waiting: asyncio.PriorityQueue[tuple[int, int, Report]] = asyncio.PriorityQueue()

    async def hear(self) -> None:
        """Stay connected; after a break compare with what still goes on."""
        await self._restore()
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with signed_in(self._config, self._plugin.http, events=True) as ami:
                    await note_state(self._account, self._plugin, "")
                    pause_s = FIRST_PAUSE_S
                    await self._follow(ami)
            except AmiRefused as refused:
                pause_s = REFUSED_PAUSE_S
                await note_state(self._account, self._plugin, str(refused))
            except AmiLost as lost:
                await note_state(self._account, self._plugin, lost.reason)
            # All who lost the same server do not come back in the same moment.
            await asyncio.sleep(pause_s * random.uniform(0.7, 1.3))  # noqa: S311 - spreads, guards nothing
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def apply(self) -> None:
        """Write down what was heard. What fails is tried again until it is written."""
        while True:
            entry = await self._waiting.get()
            report = entry[2]
            while True:
                try:
                    await self._write(report)
                    break
                except asyncio.CancelledError:
                    self._waiting.put_nowait(entry)
                    raise
                except Exception as error:
                    self._plugin.log.warning("call not written", stage=report.stage, error=repr(error))
                    await asyncio.sleep(RETRY_S)

    async def flush(self) -> None:
        """Write down what still waits, as far as there is time: the process stops."""
        with suppress(Exception):
            async with asyncio.timeout(FLUSH_S):
                while not self._waiting.empty():
                    await self._write(self._waiting.get_nowait()[2])

    async def _follow(self, ami: AmiConnection) -> None:
        there = await self._there(ami)
        if there is not None:
            self._take(self._tracker.resume(there, self._plugin.now()))
        comparing = asyncio.create_task(self._compare(ami))
        try:
            async for fields in ami.events():
                self._take(self._tracker.feed(fields, self._plugin.now()))
        finally:
            comparing.cancel()
            with suppress(asyncio.CancelledError, AmiLost, AmiRefused):
                await comparing

    async def _compare(self, ami: AmiConnection) -> None:
        before: set[str] = set()
        while True:
            await asyncio.sleep(COMPARE_EVERY_S)
            there = await self._there(ami)
            if there is None:
                return
            # A channel may have come or gone while the list was made: only what is missing twice is over.
            uniqueids = {entry.get("uniqueid", "") for entry in there}
            known = self._tracker.channels()
            missing = known - uniqueids
            if missing & before:
                self._take(self._tracker.lost(missing & before, self._plugin.now()))
            before = missing

    async def _there(self, ami: AmiConnection) -> list[Fields] | None:
        """Return the channels there are; None when the user may not read them: then events alone have to do."""
        try:
            return await ami.entries("CoreShowChannels")
        except AmiRefused as refused:
            self._plugin.log.warning("channels may not be read", reason=str(refused))
            return None

    def _take(self, reports: list[Report]) -> None:
        for report in reports:
            self._waiting.put_nowait((STAGES.index(report.stage), next(self._numbers), report))

    async def _write(self, report: Report) -> None:
        if report.stage == "ended":
            # First of all: a row that says that the call is over is never looked at again.
            await self._deliver(report)
        await follow(report, self._account, self._plugin)

    async def _deliver(self, report: Report) -> None:
        # Whom an agent wanted to call is known since the button was pressed, whatever the dialplan made of it.
        call = TelephonyCall
        row = await call.select(call.number).where(call.call_sid == report.key).first()
        number = (row["number"] if row else "") or report.number
        body = msgspec.json.encode(msgspec.structs.replace(report, number=number))
        await self._plugin.connections.deliver(self._account.id, f"{report.key}/ended", body)

    async def _restore(self) -> None:
        rows: list[dict[str, Any]] = (
            await TelephonyCall.select()
            .where(TelephonyCall.account == self._account.id, TelephonyCall.stage != "ended")
            .limit(1000)
        )
        for row in rows:
            self._tracker.restore(_as_report(row), linkedid_of(self._account.id, row["call_sid"]))


def _as_report(row: dict[str, Any]) -> Report:
    return Report(
        key=row["call_sid"],
        stage=row["stage"],
        direction=row["direction"],
        number=row["number"],
        line=row["line"],
        phones=tuple(row["phones"].split()),
        agent=row["agent"],
        queue=row["queue"],
        held_s=row["held_s"],
        transfers=row["transfers"],
        voicemail=row["voicemail"],
        recording=row["recording_ref"],
        started_at=row["started_at"] or row["ended_at"],
        answered_at=row["answered_at"],
    )
