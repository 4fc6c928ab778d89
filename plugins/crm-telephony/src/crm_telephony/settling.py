"""Conversations of calls that were talks: nobody waits for an answer after one."""

from typing import Any
from uuid import UUID

from crm_telephony.report import Report
from crmcore import PluginContext

_REASON = "answered call"


async def settle(
    report: Report, row: dict[str, Any], conversation: UUID | None, plugin: PluginContext
) -> None:
    """Close the conversation that this call alone has made, where the settings want it; others stay as they are."""
    if conversation is None or report.outcome != "answered" or not plugin.settings.close_answered:
        return
    record = await plugin.records.get("conversation", conversation)
    if record is None or record.document["status"] != "open" or record.document["message_count"] != 1:
        return
    changes: dict[str, Any] = {"status": "closed"}
    if row["user"] is not None and record.document["assignee_id"] is None:
        changes["assignee_id"] = str(row["user"])
    await plugin.records.update("conversation", conversation, changes, reason=_REASON)
