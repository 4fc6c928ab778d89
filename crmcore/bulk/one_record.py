"""The change of many records, applied to one of them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.bulk.run import Work
from crmcore.contracts.actors import Actor
from crmcore.contracts.problems import Problem
from crmcore.database.database import Database
from crmcore.database.errors import RefusedByDatabase
from crmcore.errors import CrmError
from crmcore.records.columns import json_form
from crmcore.records.service import Records
from crmcore.records.tags import tag_key

_REFUSED = {"en": "The database refuses this.", "ru": "База данных этого не принимает."}


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a record: its ``version`` after a change, why it was refused, neither if it was so before."""

    version: int = 0
    deleted: bool = False
    problems: tuple[Problem, ...] = ()


async def change_one(
    database: Database, records: Records, record_type: str, id: UUID, work: Work, *, actor: Actor, reason: str
) -> Outcome:
    """Do ``work`` to one record through the gate, in the open transaction; a refusal takes back only itself."""
    try:
        async with database.savepoint():
            record = await records.get(record_type, id, actor=actor)
            if work.delete:
                await records.delete(record_type, id, actor=actor, reason=reason)
                return Outcome(version=record.version + 1, deleted=True)
            changes = differing(work, record.document)
            if not changes:
                return Outcome()
            changed = await records.update(record_type, id, changes, actor=actor, reason=reason)
            return Outcome(version=changed.version)
    except CrmError as error:
        if error.status >= 500:
            raise
        own = Problem(code=error.code, message=error.message, params=_told(error.params))
        return Outcome(problems=tuple(error.problems) or (own,))
    except RefusedByDatabase:
        return Outcome(problems=(Problem(code="refused", message=_REFUSED),))


def differing(work: Work, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of ``work`` is not so in ``document`` already, as the document of a change."""
    changes = {
        name: value
        for name, value in work.changes.items()
        if name != "custom" and json_form(document.get(name)) != value
    }
    stored = document.get("custom") or {}
    custom = {
        key: value
        for key, value in work.changes.get("custom", {}).items()
        if json_form(stored.get(key)) != value
    }
    if custom:
        changes["custom"] = custom
    if work.add_tags or work.remove_tags:
        had = list(document.get("tags", ()))
        gone = {tag_key(name) for name in work.remove_tags}
        tags = {tag_key(name): name for name in (*had, *work.add_tags) if tag_key(name) not in gone}
        if tags.keys() != {tag_key(name) for name in had}:
            changes["tags"] = list(tags.values())
    return changes


def _told(params: Mapping[str, Any]) -> dict[str, Any]:
    return dict(msgspec.to_builtins(params, enc_hook=str))
