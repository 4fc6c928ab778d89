"""Actions: buttons that say what they do, ask before they harm, and tell in words what came of it."""

import asyncio
from typing import Any

import msgspec

from crmcore.contracts.actions import Action, ActionCall, ActionResult
from crmcore.contracts.problems import InvalidValue, Refusal
from crmcore.plugins.checks.results import value_problem
from crmcore.plugins.conformance import Conformance
from crmcore.testing.bench import Bench
from crmcore.testing.factories import MAKER
from crmcore.testing.rule import Broken, Unshown, rules

LONGEST_S = 60.0


def _actions(bench: Bench) -> dict[str, Action]:
    return {action.key: action for action in bench.items("actions").values()}


async def have_bounds(bench: Bench) -> None:
    """It has up to a minute: somebody waits before the screen. What takes longer is a job."""
    for key, action in _actions(bench).items():
        if not 0 < action.timeout_s <= LONGEST_S:
            raise Broken(
                f"The action “{key}” may take {action.timeout_s} s: enqueue a job, and say that it began."
            )


async def ask_before_they_harm(bench: Bench) -> None:
    """An action with the tone “danger” asks first: confirm, or a form."""
    for key, action in _actions(bench).items():
        if action.tone == "danger" and not action.confirm and action.form is None:
            raise Broken(f"The action “{key}” harms at one press: give it confirm={{'en': …, 'ru': …}}.")


async def forms_refuse_unknown_names(bench: Bench) -> None:
    """A form refuses names that it does not have, and all its fields have labels."""
    for key, action in _actions(bench).items():
        if action.form is None:
            continue
        if not action.form.__struct_config__.forbid_unknown_fields:
            raise Broken(f"The form of “{key}” takes any name: forbid_unknown_fields=True.")


async def forms_can_be_prepared(bench: Bench) -> None:
    """prepare returns what stands in the form at first, or nothing, whatever the button stands at."""
    async with bench.fresh() as crm:
        for key, action, call in await _calls(bench, crm):
            if action.prepare is None:
                continue
            try:
                filled: object = await asyncio.wait_for(
                    action.prepare(call, bench.context(crm)), action.timeout_s
                )
            except (Refusal, InvalidValue):
                continue
            except Exception as error:
                raise Broken(f"prepare of “{key}” raises {error!r}: raise Refusal with a reason.") from error
            if filled is not None and (action.form is None or not isinstance(filled, action.form)):
                raise Broken(
                    f"prepare of “{key}” returns a {type(filled).__name__}, not what its form is of."
                )


async def tell_what_came_of_it(bench: Bench) -> None:
    """While its service is away it says so in words: ActionResult with a message, or Refusal with a reason."""
    async with bench.fresh() as crm:
        http: Any = crm.http_client._transport
        for key, action, call in await _calls(bench, crm):
            http.trouble = "unreachable"
            result = await _pressed(bench, crm, action, _filled(bench, action, call))
            http.trouble = None
            if result is None:
                continue
            bench.heard.append((f"what came of the action “{key}”", repr(result)))
            if not (result.message or result.problems or result.open or result.refresh):
                raise Broken(f"The action “{key}” ends without a word: ActionResult(message=…).")


async def _pressed(bench: Bench, crm: Any, action: Action, call: ActionCall) -> ActionResult | None:
    """Return what came of the action, None when it refused with a reason."""
    key = action.key
    try:
        result: object = await asyncio.wait_for(action.run(call, bench.context(crm)), action.timeout_s)
    except Refusal as refusal:
        if not refusal.problems:
            raise Broken(f"The action “{key}” refuses without a reason: Refusal(Problem(…)).") from refusal
        return None
    except InvalidValue:
        return None
    except TimeoutError:
        raise Broken(f"The action “{key}” takes longer than its {action.timeout_s} s.") from None
    except Exception as error:
        raise Broken(
            f"The action “{key}” raises {error!r} while its service is away: return ActionResult(tone='bad', "
            "message=…), or raise Refusal."
        ) from error
    if problem := value_problem("action.run", result, ActionResult, Conformance()):
        raise Broken(f"The action “{key}”: {problem if isinstance(problem, str) else problem['en']}")
    assert isinstance(result, ActionResult)  # noqa: S101  # was just found to be one
    return result


def _filled(bench: Bench, action: Action, call: ActionCall) -> ActionCall:
    if action.form is None:
        return call
    try:
        data = msgspec.convert(dict(bench.samples.forms.get(action.key, {})), action.form)
    except msgspec.ValidationError as error:
        raise Unshown(
            f"The action “{action.key}” cannot be tried: Samples(forms={{'{action.key}': {{…}}}})."
        ) from error
    return msgspec.structs.replace(call, data=data)


async def _calls(bench: Bench, crm: Any) -> list[tuple[str, Action, ActionCall]]:
    """Return a call of every action that stands at contacts and numbers by itself.

    Buttons that a panel puts somewhere stand at things that only the panel knows.
    """
    contact = (await bench.make(crm).contact(phones=["+442079460123"])).document
    if bench.samples.story is not None:
        await bench.samples.story(crm, contact["id"])
        await crm.worker.drain()
    basic = ActionCall(actor=MAKER, key="kit")
    at_contact = msgspec.structs.replace(
        basic, record_type="contact", id=contact["id"], document=contact, contact=contact
    )
    found = []
    for key, action in _actions(bench).items():
        if "contact" in action.on:
            found.append((key, action, at_contact))
        if "phone" in action.on:
            found.append((key, action, msgspec.structs.replace(at_contact, item="+442079460123")))
    return found


RULES = rules(
    "action",
    forms_can_be_prepared=("bronze", forms_can_be_prepared),
    tell_what_came_of_it=("bronze", tell_what_came_of_it),
    have_bounds=("silver", have_bounds),
    ask_before_they_harm=("silver", ask_before_they_harm),
    forms_refuse_unknown_names=("silver", forms_refuse_unknown_names),
)
