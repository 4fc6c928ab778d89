"""Actions that break a rule."""

from msgspec import Struct
from spoiling import Broken, action, done, raises


class OpenForm(Struct, frozen=True, kw_only=True):
    note: str = ""


class NeedyForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    amount: int


BROKEN = (
    Broken("action.forms_can_be_prepared", "raise Refusal", lambda: action(form=OpenForm, prepare=raises)),
    Broken("action.forms_can_be_prepared", "not what its form", lambda: action(form=NeedyForm, prepare=done)),
    Broken("action.tell_what_came_of_it", "ActionResult(tone='bad'", lambda: action(run=raises)),
    Broken("action.tell_what_came_of_it", "Samples(forms=", lambda: action(form=NeedyForm)),
    Broken("action.have_bounds", "enqueue a job", lambda: action(timeout_s=600.0)),
    Broken("action.ask_before_they_harm", "confirm=", lambda: action(tone="danger")),
    Broken("action.forms_refuse_unknown_names", "forbid_unknown_fields", lambda: action(form=OpenForm)),
)
