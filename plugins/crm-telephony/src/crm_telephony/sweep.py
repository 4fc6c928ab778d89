"""Calls whose end nobody told: asked for where the backend knows it, ended where it cannot be known any more."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from crm_telephony.backends import BACKENDS
from crm_telephony.live import follow
from crm_telephony.report import Report
from crm_telephony.tables import TelephonyCall
from crm_telephony.twilio.handling import OURS
from crmcore import ChannelAccount, Job, NotFound, PluginContext

ASK_AFTER = timedelta(minutes=10)
# Nobody lets a phone ring for half an hour, and Asterisk tells of calls that go on whenever it is connected.
LONGEST_RINGING = timedelta(minutes=30)
LONGEST_CALL = timedelta(hours=12)
MOST_AT_ONCE = 200


async def sweep(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Look after the calls that should be over."""
    now, call = plugin.now(), TelephonyCall
    rows = (
        await call.select()
        .where(call.stage != "ended", call.started_at < now - ASK_AFTER)
        .order_by(call.started_at)
        .limit(MOST_AT_ONCE)
    )
    for row in rows:
        if await _asked(row, plugin):
            continue
        longest = LONGEST_RINGING if row["stage"] == "ringing" else LONGEST_CALL
        if row["started_at"] < now - longest:
            await call.update({call.stage: "ended"}, force=True).where(
                call.id == row["id"], call.stage == row["stage"]
            )


async def _asked(row: dict[str, Any], plugin: PluginContext) -> bool:
    """Ask the backend how the call went; False when it cannot say."""
    try:
        account: ChannelAccount = await plugin.connections.get(row["account"])
    except NotFound:
        return False
    backend = BACKENDS.get(account.channel)
    if backend is None or backend.look is None:
        return False
    report: Report | None = await backend.look(row, account, plugin)
    if report is None:
        return False
    await plugin.connections.deliver(account.id, f"{OURS}{report.key}", msgspec.json.encode(report))
    await follow(report, account, plugin)
    return True


SWEEP = Job(
    key="sweep_calls",
    run=sweep,
    label={"en": "Look after calls without an end", "ru": "Проверить незавершённые звонки"},
    every_s=300,
    timeout_s=240.0,
)
