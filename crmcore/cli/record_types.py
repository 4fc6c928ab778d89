"""Record types as people name them on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def record_type_named(crm: Crm, name: str) -> str:
    """Return the key of the record type ``name``, singular or plural. Raises Refused."""
    for key, kind in crm.records.types.items():
        if name in (key, kind.plural):
            return key
    kinds = ", ".join(kind.plural for kind in crm.records.types.values() if kind.creatable)
    raise Refused(f"There are no records named {name!r}; there are {kinds}.")
