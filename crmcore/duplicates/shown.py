"""A contact and the findings about it as an actor may see them: without the fields that are hidden from him."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from crmcore.duplicates.evidence import Finding

_TOLD = {
    "name": {"first_name", "last_name", "name"},
    "mailbox": {"emails", "handles"},
    "phone": {"phones"},
    "points": {"emails", "phones", "handles"},
    "company": {"company", "company_id", "emails"},
    "other": {"job_title"},
    # What a plugin says in words may be any of these.
    "plugin": {"emails", "handles", "phones", "name"},
}


def summary(row: Mapping[str, Any], hidden: Collection[str] = ()) -> dict[str, Any]:
    """Return what tells people apart: name, ways to reach them, company, job title."""
    row = visible_row(row, hidden)
    points = row["points"]
    name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
    return {
        "id": row["id"],
        "name": name or next((point["raw"] for point in points), "–"),
        "emails": [point["raw"] for point in points if point["kind"] == "email"],
        "phones": [point["raw"] for point in points if point["kind"] == "phone"],
        "company": row.get("company.name"),
        "job_title": row["job_title"],
    }


def visible_row(row: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """Return a row of ``contact`` with its points decoded and what is hidden left empty."""
    seen = dict(row)
    points = row["points"]
    points = msgspec.json.decode(points) if isinstance(points, str) else points
    kinds = {"email": "emails", "phone": "phones"}
    seen["points"] = [point for point in points if kinds.get(point["kind"], "handles") not in hidden]
    for name in ("first_name", "last_name", "job_title"):
        if name in hidden or (name != "job_title" and "name" in hidden):
            seen[name] = ""
    if {"company", "company_id"} & set(hidden):
        seen["company.name"] = None
    return seen


def visible_findings(findings: Iterable[Finding], hidden: Collection[str]) -> tuple[Finding, ...]:
    """Return those of ``findings`` that tell nothing of what is hidden."""
    return tuple(finding for finding in findings if not _TOLD[finding.kind] & set(hidden))
