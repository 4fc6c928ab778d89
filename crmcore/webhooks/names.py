"""The names of events that endpoints choose from."""

from collections.abc import Collection, Iterable, Mapping

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


def is_wanted(name: str, wanted: Collection[str]) -> bool:
    """Tell whether the event ``name`` is among what an endpoint wants to be told of."""
    if ALL in wanted or name in wanted:
        return True
    plugin, dot, _ = name.partition(".")
    return bool(dot) and f"{plugin}.*" in wanted


def event_names(record_types: Mapping[str, RecordType], plugins: Iterable[str] = ()) -> list[str]:
    """Return every name that is written, in the order of the alphabet.

    ``shopify.*`` stands for all events that the plugin writes itself, for each of ``plugins``.
    """
    names = {*_MORE, *(f"{plugin}.*" for plugin in plugins)}
    for key, kind in record_types.items():
        # Messages are never written through the gate: they have events of their own.
        if key == "message":
            continue
        names |= {f"{key}_created", f"{key}_updated"}
        if kind.deletable:
            names |= {f"{key}_deleted", f"{key}_restored"}
    return sorted(names)
