"""Actions: what a person can set off in a plugin by a button."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext

ActionTone = Literal["default", "primary", "danger"]


class ActionRef(Struct, frozen=True):
    """A button for the action ``action`` of the same plugin; ``label`` instead of its own, in the viewer's language.

    ``item`` says which of many: an order's number, a call's id. It comes back as ``ActionCall.item``.
    """

    action: str
    label: str = ""
    item: str = ""


class ActionCall(Struct, frozen=True, kw_only=True):
    """What an action is about, who sets it off, and what was filled in.

    ``record_type``, ``id``, ``document`` and ``contact`` are as in a panel's subject, as ``actor`` sees them;
    ``record_type`` is empty and ``id`` None where the button stands at no record (a page, a tile). ``item`` is the
    button's; for an action on ``"phone"`` it is the number in E.164. ``data`` is the filled-in ``Action.form``, None
    where there is none and in ``prepare``. ``key`` is the same each time one press of the button is handed over: give
    it to services that know idempotency keys.
    """

    record_type: str = ""
    id: UUID | None = None
    document: dict[str, Any] = {}
    contact: dict[str, Any] | None = None
    actor: Actor
    language: str = "en"
    item: str = ""
    data: Any = None
    key: str = ""


class ActionResult(Struct, frozen=True, kw_only=True):
    """What came of an action.

    ``message`` is said to whoever pressed the button; ``open`` is a path of ours (``/x/…``) to go to then.
    ``refresh`` asks the plugin anew for what it shows of the record. ``problems`` are shown at their fields (``path``
    is a JSON Pointer into the form, ``/amount``) and mean that nothing was done.
    """

    message: Label = ""
    tone: Literal["ok", "warn", "bad"] = "ok"
    refresh: bool = True
    open: str = ""
    problems: tuple[Problem, ...] = ()


class Action(Struct, frozen=True, kw_only=True):
    """Something that people can have done, once for each press of a button and on record in the audit.

    ``on`` are the record types whose pages offer the action by themselves; with ``"phone"`` a button stands beside
    every phone number. With ``on`` empty it stands only where an :class:`ActionRef` puts it. ``bulk`` offers it for
    records marked in a list too, one call each. ``form`` is a Struct, made into a form like a plugin's settings;
    ``prepare`` returns what stands in it at first. With ``form`` or ``confirm`` (a question) the button opens a
    dialog. ``permission`` is one of the plugin's own or the core's (``"contact.write"``); empty lets everybody who
    sees the record. :class:`~crmcore.Refusal` raised by ``prepare`` or ``run`` is shown with its reasons.
    """

    key: str
    label: Label
    run: "Callable[[ActionCall, PluginContext], Awaitable[ActionResult]]"
    on: tuple[str, ...] = ()
    icon: str = "zap"
    form: type[Struct] | None = None
    prepare: "Callable[[ActionCall, PluginContext], Awaitable[Struct | None]] | None" = None
    confirm: Label = ""
    permission: str = ""
    tone: ActionTone = "default"
    bulk: bool = False
    timeout_s: float = 10.0
