"""Settings: who did what, when and why."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.audit.export import MEDIA_TYPES, audit_file
from crmcore.audit.query import AuditEntry, AuditQuery
from crmcore.audit.service import PERMISSION
from crmcore.errors import NotFound
from crmcore.http.answers import Answer, respond
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/settings/audit"
ACTIONS = {
    "create": N_("Created"),
    "update": N_("Changed"),
    "delete": N_("Deleted"),
    "restore": N_("Restored"),
    "merge": N_("Merged"),
    "unmerge": N_("Merge undone"),
    "reveal": N_("Looked at a hidden value"),
    "sign_in": N_("Signed in"),
    "sign_in_failed": N_("Could not sign in"),
    "sign_out": N_("Signed out"),
    "export": N_("Exported"),
    "import": N_("Imported"),
    "erase": N_("Erased"),
    "enable": N_("Turned on"),
    "disable": N_("Turned off"),
    "pause": N_("Paused"),
    "resume": N_("Resumed"),
    "authorize": N_("Connected"),
    "cancel": N_("Cancelled"),
    "undo": N_("Undone"),
    "end": N_("Ended"),
    "revoke": N_("Revoked"),
    "accept": N_("Accepted"),
    "send": N_("Sent"),
    "reset_link": N_("Made a link for a new password"),
    "recovery_code": N_("Used a recovery code"),
    "renew_codes": N_("Made new recovery codes"),
    "link": N_("Linked"),
    "unlink": N_("Unlinked"),
    "rotate": N_("Encrypted anew"),
    "retire": N_("Retired"),
    "retry": N_("Tried again"),
    "discard": N_("Discarded"),
    "replay": N_("Told events again"),
    "new_secret": N_("Made a new secret"),
    "drop_secret": N_("Ended the old secret"),
    "run": N_("Set off"),
}
KINDS = {
    "session": N_("Signing in"),
    "password": N_("Password"),
    "second_factor": N_("Second factor"),
    "token": N_("API token"),
    "role": N_("Role"),
    "plugin": N_("Plugin"),
    "settings": N_("Settings"),
    "channel_account": N_("Channel"),
    "custom_field": N_("Custom field"),
    "import": N_("Import"),
    "export": N_("Export"),
    "audit": N_("Audit"),
    "key": N_("Encryption keys"),
    "field": N_("Field"),
    "person": N_("Personal data"),
    "invitation": N_("Invitation"),
    "membership": N_("Teams"),
    "linked_account": N_("Linked account"),
    "job": N_("Job"),
    "webhook": N_("Webhook"),
    "canned_reply": N_("Canned reply"),
    "action": N_("Action of a plugin"),
    "keys": N_("Keys"),
}
PAGES = {"contact": "/contacts/", "company": "/companies/", "conversation": "/inbox/", "task": "/tasks/"}
PAGE = 30
MAX_CHANGES = 30
COMMAND_LINE = "command line"
"""What the program calls itself where somebody at its command line does something."""


async def show(visit: Visit) -> ASGIResponse:
    """Show a page of the audit, as the filters say."""
    return await _page(visit)


async def verify(visit: Visit) -> ASGIResponse:
    """Go through the chain and say whether everything is as it was written."""
    verdict = await visit.crm.audit.verify(actor=visit.actor)
    return await _page(visit, verdict=verdict)


async def export(visit: Visit) -> ASGIResponse:
    """Send what the filters find as a file for a spreadsheet."""
    query, _ = _asked(visit)
    entries = visit.crm.audit.entries(query, actor=visit.actor)
    await visit.crm.audit.note("export", "audit", "audit", actor=visit.actor)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return respond(Answer(stream=audit_file(entries, "csv"), media_type=MEDIA_TYPES["csv"], headers=headers))


async def _page(visit: Visit, **more: Any) -> ASGIResponse:
    query, kept = _asked(visit)
    cursor = visit.query.get("cursor", "")
    before = None
    if cursor:
        try:
            before = UUID(cursor)
        except ValueError:
            raise NotFound from None
    entries, following = await visit.crm.audit.page(query, actor=visit.actor, limit=PAGE, before=before)
    titles = await _titles(visit, entries)
    kinds = {key: visit.say(kind.label) for key, kind in visit.crm.records.types.items()}
    kinds |= {key: visit.texts.gettext(title) for key, title in KINDS.items()}
    return await visit.page(
        "settings_audit.html",
        area="settings",
        entries=[_shown(visit, entry, kinds, titles.get(entry.record_id, "")) for entry in entries],
        kinds=sorted(kinds.items(), key=lambda pair: pair[1].casefold()),
        actions=[(key, visit.texts.gettext(title)) for key, title in ACTIONS.items()],
        kept=kept,
        address=urlencode(kept),
        following=following,
        first=before is None,
        **more,
    )


def _asked(visit: Visit) -> tuple[AuditQuery, dict[str, str]]:
    """Return the question, and the filters that were understood for the form to show again."""
    given = {name: visit.query.get(name, "")[:64] for name in ("kind", "action", "from", "to", "actor")}
    since, until = _day(given["from"]), _day(given["to"])
    kept = {name: value for name, value in given.items() if value}
    zone = visit.formats.zone
    query = AuditQuery(
        record_type=given["kind"],
        action=given["action"],
        actor=given["actor"],
        since=datetime.combine(since, time.min, zone) if since else None,
        until=datetime.combine(until + timedelta(days=1), time.min, zone) if until else None,
    )
    return query, kept


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # The first and last days have no room for time zones beside them.
    return day if 2 <= day.year <= 9998 else None


async def _titles(visit: Visit, entries: list[AuditEntry]) -> dict[UUID, str]:
    """Return what the records are called now that the visitor may see, a statement for each type of them."""
    records = visit.crm.records
    wanted: dict[str, set[UUID]] = {}
    for entry in entries:
        if entry.record_type in records.types and entry.redacted_by is None:
            wanted.setdefault(entry.record_type, set()).add(entry.record_id)
    found: dict[UUID, str] = {}
    for key, ids in wanted.items():
        found |= await records.titles(key, ids, actor=visit.actor)
    return found


def _shown(visit: Visit, entry: AuditEntry, kinds: dict[str, str], title: str) -> dict[str, Any]:
    action = ACTIONS.get(entry.action)
    page = PAGES.get(entry.record_type)
    changes = [
        (
            name,
            *(_value(side) for side in (pair if isinstance(pair, list) and len(pair) == 2 else [None, pair])),
        )
        for name, pair in list(entry.changes.items())[:MAX_CHANGES]
    ]
    return {
        "at": entry.at,
        "who": _who(visit, entry),
        "actor_id": entry.actor_id,
        "actor_kind": entry.actor_kind,
        "plugin_version": entry.plugin_version,
        "action": visit.texts.gettext(action) if action else entry.action,
        "kind": kinds.get(entry.record_type, entry.record_type),
        "subject": entry.subject or title[:120],
        "href": f"{page}{entry.record_id}" if page and entry.action != "delete" else "",
        "changes": changes,
        "reason": entry.reason,
        "address": entry.address,
        "redacted": entry.redacted_by is not None,
    }


def _who(visit: Visit, entry: AuditEntry) -> str:
    if entry.actor_kind == "system" and entry.actor_label == COMMAND_LINE:
        return visit.texts.gettext("Command line")
    return entry.actor_label or entry.actor_kind


def _value(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 200 else text[:199] + "…"


ROUTES = (
    Route("GET", HERE, show, permission=PERMISSION),
    Route("POST", f"{HERE}/verify", verify, permission=PERMISSION),
    Route("GET", f"{HERE}/export", export, permission=PERMISSION),
)
