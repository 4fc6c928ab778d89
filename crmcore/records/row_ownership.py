"""What is made or changed by somebody whose rows are narrowed stays within his reach."""

from uuid import UUID

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import Draft
from crmcore.errors import Invalid
from crmcore.records.scope import rows_for

_OUT: Label = {
    "en": "With these values the record would be out of your reach.",
    "ru": "С такими значениями запись окажется вне вашего доступа.",
}


def own_what_is_made(draft: Draft) -> None:
    """Give a new record that names no owner to who makes it: or he would not see what he has made."""
    kind, actor = draft.record_type, draft.actor
    if draft.action != "create" or not kind.owner or draft.values.get(kind.owner) is not None:
        return
    if actor.kind in ("user", "token") and actor.row_scope(kind.key, "read") is not None:
        draft.values[kind.owner] = UUID(actor.id)


async def stay_in_scope(draft: Draft) -> None:
    """Refuse a row, just written, that a plugin's row scope does not let the actor write.

    The core's own scopes leave this alone: work is handed over to colleagues and other teams. A scope of a plugin
    tells outside partners apart, and nobody puts a row into another's.
    """
    kind, actor = draft.record_type, draft.actor
    scopes = [actor.row_scope(kind.key, action) for action in ("read", "write")]
    if not any(scope is not None and scope.record_types for scope in scopes):
        return
    key = kind.table._meta.primary_key
    if not await kind.table.exists().where(key == draft.id, *rows_for(kind, actor, "write")):
        raise Invalid(problems=(Problem(path="", code="out_of_scope", message=_OUT),))
