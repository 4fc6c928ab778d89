"""What saving a custom field's definition would mean for the records there are, told before it is saved."""

from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.fields import CustomField
from crmcore.records.query import ListQuery

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

# A request looks at so many records in some seconds; for more there is the command.
MOST = 50_000


class Warned(Struct, frozen=True, kw_only=True):
    """What the visitor has to know before saving: in words, by record, and what says that it was read.

    ``records`` are the first that would be refused: id, title and why. All is empty when there is nothing to know.
    ``outcomes`` tells that there may be values to decide about.
    """

    note: str = ""
    confirmed: str = ""
    records: tuple[tuple[UUID, str, str], ...] = ()
    outcomes: bool = False


async def unconfirmed(
    visit: "Visit", field: CustomField, stored: CustomField | None, confirmed: str
) -> Warned:
    """Return what the visitor has to know before ``field`` is saved.

    Empty when there is nothing to know: the definition is no stricter than ``stored``, no record
    fails, or ``confirmed`` says that these numbers were read. Raises Invalid for a field that cannot be.
    """
    before = stored.required_before_leaving if stored is not None else None
    leaving = field.required_before_leaving if field.required_before_leaving != before else None
    if stored is None and not field.required and leaving is None:
        return Warned()
    if stored is not None and (stored.required or not field.required) and leaving is None:
        same = (stored.options, stored.format, stored.type) == (field.options, field.format, field.type)
        if same:
            return Warned()
    texts = visit.texts
    total = await visit.crm.records.count(field.record_type, ListQuery(), actor=visit.actor)
    if total > MOST:
        read = "many"
        text = texts.gettext(
            "There are more records than a page can look at. “crmcore fields plan” tells which of them this "
            "would refuse. Save again to go on."
        )
        known = stored is not None
        return Warned() if confirmed == read else Warned(note=text, confirmed=read, outcomes=known)
    plan = await visit.crm.fields.plan(field, actor=visit.actor)
    stopped = plan.stopped if leaving is not None else 0
    read = f"{plan.failing}/{plan.total}" + (f"/{stopped}" if stopped else "")
    if not (plan.failing or stopped) or confirmed == read:
        return Warned()
    number = visit.formats.number
    lacking = plan.reasons.get("required", 0)
    parts = []
    if lacking:
        parts.append(
            texts.gettext("{n} of {total} records lack it.", n=number(lacking), total=number(plan.total))
        )
    if refused := plan.failing - lacking:
        parts.append(
            texts.gettext(
                "{n} of {total} records have a value that this would refuse.",
                n=number(refused),
                total=number(plan.total),
            )
        )
    if stopped:
        parts.append(
            texts.gettext(
                "{n} of {total} records lack it and stand in a choice that they could not leave.",
                n=number(stopped),
                total=number(plan.total),
            )
        )
    outcomes = stored is not None and bool(refused)
    if outcomes:
        parts.append(texts.gettext("Choose what becomes of these values and save again."))
    else:
        parts.append(
            texts.gettext("They stay as they are until somebody changes this value. Save again to go on.")
        )
    records = tuple(
        (one.id, one.title or str(one.id), one.problem.sentence(visit.language))
        for one in (*plan.samples, *(plan.stopped_samples if stopped else ()))
    )
    return Warned(note=" ".join(parts), confirmed=read, records=records, outcomes=outcomes)
