"""The record that was kept in a merge, as it was before."""

from collections.abc import Mapping
from typing import Any

from crmcore.contacts.merged_fields import names_in, restored_changes, without_refused
from crmcore.contracts.actors import Actor, plugin_actor
from crmcore.database.database import Database
from crmcore.errors import Invalid
from crmcore.records.reasons import reason
from crmcore.records.service import Records


async def restore_kept(
    database: Database,
    records: Records,
    record_type: str,
    log: Mapping[str, Any],
    before: Mapping[str, Any],
    actor: Actor,
    *,
    fields: tuple[str, ...],
    internal: Mapping[str, Any] | None = None,
) -> None:
    """Write back what the merge ``log`` changed of ``fields`` and the custom fields, but for what changed since.

    ``before`` is what the log keeps of both records, ``internal`` what the gate is given besides. Raises Invalid.
    """
    kept, why = log["kept"], reason("merge_undone", merged=str(log["merged"]))
    record = await records.get(record_type, kept, actor=actor)
    stored = await records.stored_custom(record_type, kept)
    then, after, current = (
        {**document, "custom": records.opened(record_type, kept, custom)}
        for document, custom in (
            (before["kept"], before["kept"]["custom"]),
            (before["after"], before["after"]["custom"]),
            (record.document, stored),
        )
    )
    changes = restored_changes(then, after, current, fields)
    restored = names_in(changes)
    as_plugin: dict[str, dict[str, Any]] = {}
    while True:
        try:
            async with database.savepoint():
                await records.update(
                    record_type, kept, changes, actor=actor, reason=why, internal=internal, undoing=True
                )
            break
        except Invalid as invalid:
            # A rule that was made stricter since keeps a single old value out, not the whole undo.
            if not without_refused(changes, restored, as_plugin, invalid.problems):
                raise
    for plugin, custom in as_plugin.items():
        await records.update(
            record_type, kept, {"custom": custom}, actor=plugin_actor(plugin), reason=why, undoing=True
        )
