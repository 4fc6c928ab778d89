"""The search index has every record as it is, and nothing else."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from crmcore.search.entry import MESSAGE
from crmcore.search.indexer import is_searched
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def search_index(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Make the entries of all records anew and compare them with those that are stored."""
    for key, record_type in crm.records.types.items():
        if not is_searched(record_type) and key != MESSAGE:
            continue
        after = None
        while True:
            compared = await crm.search_rebuild.compare(key, after)
            yield Looked(compared.entries)
            for id in compared.differing:
                yield f"{key} {id}", "it is not in the search index as it is stored: crmcore search rebuild"
            after = compared.last
            if after is None:
                break
