"""The names of events that endpoints choose from."""

from collections.abc import Mapping

from crmcore.contracts.records import RecordType

ALL = "*"
TEST = "webhook.test"
"""The name of a test, which is no event."""

_MORE = (
    "company_merged",
    "company_unmerged",
    "contact_merged",
    "contact_unmerged",
    "message_received",
    "message_written",
    "note_written",
)


def event_names(record_types: Mapping[str, RecordType]) -> list[str]:
    """Return every name that is written, in the order of the alphabet."""
    names = set(_MORE)
    for key, kind in record_types.items():
        # Messages are never written through the gate: they have events of their own.
        if key == "message":
            continue
        names |= {f"{key}_created", f"{key}_updated"}
        if kind.deletable:
            names |= {f"{key}_deleted", f"{key}_restored"}
    return sorted(names)
