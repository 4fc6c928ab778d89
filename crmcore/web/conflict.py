"""Two people changed one record: which fields they both touched."""

from collections.abc import Iterable, Mapping
from typing import Any

from crmcore.records.history import HistoryEntry
from crmcore.web.form_fields import as_typed
from crmcore.web.record_form import stored_value


def since(history: Iterable[HistoryEntry], version: int) -> tuple[dict[str, Any], str]:
    """Return what the fields changed after ``version`` were at ``version``, and who changed them last."""
    before: dict[str, Any] = {}
    by = ""
    for entry in history:
        if entry.version <= version:
            continue
        by = by or entry.actor_label or entry.actor_kind
        for name, pair in entry.changes.items():
            before[name] = pair[0]  # newest first: the oldest change after our version decides
    return before, by


def merge(
    sent: Mapping[str, Any], before: Mapping[str, Any], document: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the form should hold now, and the stored values of the fields that both have changed.

    A field that only the other person changed takes the stored value; one that both changed keeps ours and is
    shown with theirs.
    """
    ours = dict(sent)
    both: dict[str, Any] = {}
    for name in sent:
        if name not in before:
            continue
        stored = stored_value(document, name)
        if as_typed(sent[name]) == as_typed(before[name]):
            ours[name] = stored
        elif as_typed(sent[name]) != as_typed(stored):
            both[name] = stored
    return ours, both
