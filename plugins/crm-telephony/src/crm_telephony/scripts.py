"""Which script belongs to a call: the one that says most precisely for which calls it is."""

from collections.abc import Mapping
from typing import Any

from crm_telephony.tables import TelephonyScript

MOST_SCRIPTS = 200


async def script_for(call: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the script for the row of a call, None when there is none."""
    rows = (
        await TelephonyScript.select()
        .where(TelephonyScript.active.eq(True), TelephonyScript.direction.is_in(["any", call["direction"]]))
        .order_by(TelephonyScript.name)
        .limit(MOST_SCRIPTS)
    )
    fitting = [
        row
        for row in rows
        if row["line"].strip() in ("", call["line"]) and row["queue"].strip() in ("", call["queue"])
    ]
    return max(fitting, key=_precision, default=None)


def _precision(row: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    return bool(row["queue"].strip()), bool(row["line"].strip()), row["direction"] != "any"
