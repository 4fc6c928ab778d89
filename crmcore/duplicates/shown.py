"""A contact as the lists of duplicates show it."""

from collections.abc import Mapping
from typing import Any

import msgspec


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tells people apart: name, ways to reach them, company, job title."""
    points = row["points"]
    if isinstance(points, str):
        points = msgspec.json.decode(points)
    name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
    return {
        "id": row["id"],
        "name": name or next((point["raw"] for point in points), "–"),
        "emails": [point["raw"] for point in points if point["kind"] == "email"],
        "phones": [point["raw"] for point in points if point["kind"] == "phone"],
        "company": row.get("company.name"),
        "job_title": row["job_title"],
    }
