"""What a page says after an action, by the code in its address."""

from typing import TYPE_CHECKING
from uuid import UUID

from crmcore.bulk.run import Run
from crmcore.errors import CrmError
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

DONE = {
    "replied": N_("Reply sent"),
    "noted": N_("Note added"),
    "closed": N_("Conversation closed"),
    "reopened": N_("Conversation reopened"),
    "snoozed": N_("Conversation snoozed"),
    "assigned": N_("Conversation assigned"),
    "team": N_("Given to the team"),
    "unassigned": N_("Assignment removed"),
    "priority": N_("Priority changed"),
    "tagged": N_("Tags changed"),
    "undone": N_("Taken back"),
    "not_undone": N_("Changed by somebody since: what could be taken back was"),
    "many": N_("Conversations changed"),
    "draft_kept": N_("Draft kept"),
    "retried": N_("The reply is being sent again"),
    "saved": N_("Changes saved"),
    "unchanged": N_("Nothing was changed"),
    "created": N_("Contact created"),
    "record_created": N_("Created"),
    "view_saved": N_("View saved"),
    "view_deleted": N_("View deleted"),
    "companies_merged": N_("Companies merged"),
    "companies_unmerged": N_("Merge undone"),
    "scan_begun": N_("The search has begun"),
    "pair_reopened": N_("To be decided again"),
    "merged": N_("Contacts merged"),
    "unmerged": N_("Merge undone"),
    "not_duplicate": N_("Remembered: two different people"),
    "export_begun": N_("The export is being made"),
    "erasing": N_("The data is being erased"),
    "task_done": N_("Task done"),
    "task_open": N_("Task opened again"),
    "task_deleted": N_("Task deleted"),
    "notifications_read": N_("Everything is marked as read"),
    "task_added": N_("Task added"),
    "field_added": N_("Field added"),
    "field_deleted": N_("Field deleted"),
    "field_restored": N_("Field restored with its values"),
    "channel_added": N_("Channel added"),
    "channel_paused": N_("Channel paused"),
    "channel_resumed": N_("Channel resumed"),
    "connection_added": N_("Connection added"),
    "connection_paused": N_("Connection paused"),
    "connection_resumed": N_("Connection resumed"),
    "connection_deleted": N_("Connection deleted"),
    "connection_authorized": N_("Connected"),
    "delivery_again": N_("It is worked on again"),
    "password": N_("The password is changed"),
    "welcome": N_("Welcome"),
    "channel_ready": N_("The channel works"),
    "second_factor_off": N_("The second factor is off"),
    "session_ended": N_("That browser is signed out"),
    "sessions_ended": N_("Signed out"),
    "invited": N_("The invitation is on its way"),
    "invitation_revoked": N_("The invitation is revoked"),
    "reset_sent": N_("The link is on its way"),
    "linked": N_("The account is linked"),
    "unlinked": N_("The account is not linked any more"),
    "role_added": N_("Role added. Say what it may do."),
    "role_deleted": N_("Role deleted"),
    "team_added": N_("Team added"),
    "team_deleted": N_("Team deleted"),
    "webhook_paused": N_("Webhook paused"),
    "webhook_enabled": N_("Webhook enabled"),
    "webhook_deleted": N_("Webhook deleted"),
    "webhook_secret_dropped": N_("The old secret is dropped"),
    "webhook_tested": N_("The test is on its way"),
    "webhook_again": N_("The delivery is on its way"),
    "tag_added": N_("Tag added"),
    "tag_merged": N_("Tags merged"),
    "tag_deleted": N_("Tag deleted"),
    "tag_restored": N_("Tag brought back"),
    "canned_added": N_("Canned reply added"),
    "canned_deleted": N_("Canned reply deleted"),
    "token_revoked": N_("The token is revoked"),
    "export_deleted": N_("The export is deleted"),
    "import_stopped": N_("The import is stopped"),
    "import_resumed": N_("The import goes on"),
    "import_undoing": N_("The import is being taken back"),
    "import_forgotten": N_("The import is forgotten"),
    "plugin": N_("Saved. The change takes effect at the next start."),
    "plugin_soon": N_("Saved. The change takes effect within seconds."),
    "job_retried": N_("Tried again in a moment"),
    "job_cancelled": N_("The job is cancelled"),
    "job_discarded": N_("The job is gone"),
    "replay_begun": N_("The events are being told again"),
    "replay_cancelled": N_("The replay is cancelled"),
}


async def bulk_done(visit: "Visit") -> Run | None:
    """Return the change of many records that the address tells of."""
    try:
        return await visit.crm.bulk.get(UUID(visit.query.get("run", "")), actor=visit.actor)
    except (ValueError, CrmError):
        return None


def undoable(visit: "Visit") -> tuple[str, str]:
    """Return of which conversation which change can be taken back, as the address says; nothing when it says nothing.

    An address may be anybody's: only an id and a number become part of a form.
    """
    version = visit.query.get("undo", "")
    try:
        id = str(UUID(visit.query.get("of") or str(visit.request.path_params.get("id", ""))))
    except ValueError:
        return "", ""
    return (id, version) if version.isascii() and version.isdecimal() and len(version) < 10 else ("", "")
