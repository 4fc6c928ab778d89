"""Bringing two sides in step that both may have changed since they last agreed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from crm_mailchimp.mapping import FieldRule
from crm_mailchimp.values import sent, value_here, value_there

Agreed = Mapping[str, Sequence[str]]
"""Per merge field the values on both sides when they were last in step: ``[here, there]``."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What has to be written where, and what both sides have agreed upon then."""

    here: dict[str, str]
    there: dict[str, str]
    agreed: dict[str, list[str]]


def merged(
    rules: Iterable[FieldRule],
    document: Mapping[str, Any],
    merge_fields: Mapping[str, Any],
    agreed: Agreed,
    *,
    newer_here: bool,
) -> Outcome:
    """Compare both sides with what they had ``agreed`` upon, and settle each field by its rule.

    A side that changed alone is followed, as far as the rule lets its values travel. When both changed the rule says
    who is right. As long as nothing was agreed upon, an empty value gives way to one that is not.
    """
    here: dict[str, str] = {}
    there: dict[str, str] = {}
    now: dict[str, list[str]] = {}
    for rule in rules:
        ours, theirs = value_here(document, rule.field), value_there(merge_fields, rule.merge)
        known = agreed.get(rule.merge)
        if sent(rule, ours) == theirs:
            now[rule.merge] = [ours, theirs]
            continue
        ours_changed = known is None or ours != known[0]
        theirs_changed = known is None or theirs != known[1]
        if not ours_changed and not theirs_changed:
            now[rule.merge] = [ours, theirs]
        elif _follow_here(rule, ours, theirs, ours_changed, theirs_changed, newer_here, known is None):
            there[rule.merge] = sent(rule, ours)
            now[rule.merge] = [ours, sent(rule, ours)]
        elif rule.comes_in and theirs_changed:
            here[rule.field] = theirs
            now[rule.merge] = [theirs, theirs]
        else:
            now[rule.merge] = [ours, theirs]
    return Outcome(here=here, there=there, agreed=now)


def _follow_here(
    rule: FieldRule,
    ours: str,
    theirs: str,
    ours_changed: bool,
    theirs_changed: bool,
    newer_here: bool,
    first: bool,
) -> bool:
    """Tell whether the value from here goes there."""
    if not rule.goes_out:
        return False
    if rule.rule == "push":
        return True
    if not (ours_changed and theirs_changed):
        return ours_changed
    if first and not (ours and theirs):
        return bool(ours)
    if rule.rule == "newest":
        return newer_here
    return rule.rule == "crm"


class TagOutcome(Struct, frozen=True, kw_only=True):
    """The tags that have to come and go on each side, and those that both have then."""

    add_here: list[str]
    drop_here: list[str]
    add_there: list[str]
    drop_there: list[str]
    agreed: list[str]


def merged_tags(here: Iterable[str], there: Iterable[str], agreed: Iterable[str]) -> TagOutcome:
    """Bring the shared tags in step: what one side has added or taken away since, the other does too.

    Tags are told apart case-folded, as both sides do.
    """
    ours, theirs, base = _by_key(here), _by_key(there), _by_key(agreed)
    added = (ours.keys() | theirs.keys()) - base.keys()
    gone = {key for key in base if key not in ours or key not in theirs}
    wanted = {**base, **theirs, **ours}
    keys = (base.keys() | added) - gone
    return TagOutcome(
        add_here=sorted(wanted[key] for key in keys - ours.keys()),
        drop_here=sorted(ours[key] for key in ours.keys() - keys),
        add_there=sorted(wanted[key] for key in keys - theirs.keys()),
        drop_there=sorted(theirs[key] for key in theirs.keys() - keys),
        agreed=sorted(wanted[key] for key in keys),
    )


def _by_key(names: Iterable[str]) -> dict[str, str]:
    return {name.casefold(): name for name in names}
