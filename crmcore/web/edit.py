"""A form that was sent over a record which somebody else may have changed meanwhile."""

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.contracts.records import Record
from crmcore.web.conflict import merge, since
from crmcore.web.form import Form
from crmcore.web.form_fields import as_typed
from crmcore.web.record_form import RecordForm, stored_value

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

MAX_HISTORY = 200


class Edit(Struct, frozen=True, kw_only=True):
    """What is to be saved, or what has to be decided first.

    ``changes`` is the document of the change. ``both`` are the fields that two people changed, ``by`` is the
    other one; ``undecided`` says that the form has to be shown again before anything is saved. ``version`` is
    what the form is compared with when it is sent the next time.
    """

    changes: dict[str, Any]
    version: int
    both: list[str] = []
    by: str = ""
    undecided: bool = False

    @classmethod
    async def read(cls, visit: "Visit", form: RecordForm, record: Record, sent_form: Form) -> "Edit":
        """Compare ``sent_form`` with ``record`` and put what the person typed into ``form``.

        The button ``take`` beside a field puts the stored value into it and saves nothing yet.
        """
        sent = form.sent(sent_form)
        await form.resolve(sent)
        version = sent_form.number("version") or record.version
        by, both, shown = sent_form.get("by"), dict[str, Any](), record.version
        if taken := sent_form.get("take"):
            sent[taken] = stored_value(record.document, taken)
            both = {
                name: stored_value(record.document, name) for name in sent_form.all("both") if name != taken
            }
            both = {
                name: value for name, value in both.items() if as_typed(value) != as_typed(sent.get(name))
            }
            shown = version
        elif version != record.version:
            history = await visit.crm.records.history(
                record.type, record.id, actor=visit.actor, limit=MAX_HISTORY
            )
            before, by = since(history, version)
            sent, both = merge(sent, before, record.document)
        form.refill(sent)
        form.contrast(both, by)
        return cls(
            changes=form.changes(sent, record.document),
            version=shown,
            both=list(both),
            by=by,
            undecided=bool(taken or both),
        )
