"""Two sides that both may have changed: fields by their rule, tags by who added and who took away."""

from typing import Any

import pytest
from crm_mailchimp.mapping import FieldRule
from crm_mailchimp.merging import merged, merged_tags
from crm_mailchimp.values import as_text, changes_for, sent, value_here

OURS, THEIRS = "ours", "theirs"


def settled(rule: str, ours: str, theirs: str, agreed: list[str] | None, *, newer_here: bool = False) -> str:
    """Return which side is followed; empty when nothing has to be written."""
    outcome = merged(
        [FieldRule(field="job_title", merge="JOB", rule=rule)],  # type: ignore[arg-type]
        {"job_title": ours},
        {"JOB": theirs},
        {"JOB": agreed} if agreed else {},
        newer_here=newer_here,
    )
    assert not (outcome.here and outcome.there)
    if outcome.there:
        assert outcome.there == {"JOB": ours}
        return OURS
    return THEIRS if outcome.here == {"job_title": theirs} else ""


BEFORE = ["a", "a"]


@pytest.mark.parametrize(
    ("rule", "both_changed", "ours_changed", "theirs_changed", "first_both", "first_empty_here"),
    [
        ("crm", OURS, OURS, THEIRS, OURS, THEIRS),
        ("mailchimp", THEIRS, OURS, THEIRS, THEIRS, THEIRS),
        ("newest", THEIRS, OURS, THEIRS, THEIRS, THEIRS),
        ("push", OURS, OURS, OURS, OURS, OURS),
        ("pull", THEIRS, "", THEIRS, THEIRS, THEIRS),
    ],
)
def test_each_rule(
    rule: str,
    both_changed: str,
    ours_changed: str,
    theirs_changed: str,
    first_both: str,
    first_empty_here: str,
) -> None:
    assert settled(rule, "b", "c", BEFORE) == both_changed
    assert settled(rule, "b", "a", BEFORE) == ours_changed
    assert settled(rule, "a", "c", BEFORE) == theirs_changed
    assert settled(rule, "b", "c", None) == first_both
    assert settled(rule, "", "c", None) == first_empty_here
    assert settled(rule, "b", "b", BEFORE) == settled(rule, "a", "a", BEFORE) == ""
    # Mailchimp keeps another form of what it was sent: that is no change.
    assert settled(rule, "+4420", "020", ["+4420", "020"]) == ""


def test_the_later_change_is_right_where_the_rule_says_so() -> None:
    assert settled("newest", "b", "c", BEFORE, newer_here=True) == OURS


def test_an_emptied_field_is_emptied_there_too() -> None:
    assert settled("crm", "", "a", BEFORE) == OURS


def test_tags_come_and_go_with_whoever_changed_them() -> None:
    outcome = merged_tags(["VIP", "new here"], ["vip", "new there", "Old"], ["VIP", "Old"])
    assert (outcome.add_here, outcome.drop_here) == (["new there"], [])
    assert (outcome.add_there, outcome.drop_there) == (["new here"], ["Old"])
    assert outcome.agreed == ["VIP", "new here", "new there"]
    assert merged_tags(["a"], ["A"], []).agreed == ["a"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (12.50, "12.5"),
        (1e20, "100000000000000000000"),
        (["a", "b"], "a, b"),
        ({"addr1": "1 High St", "city": ""}, "1 High St"),
        (" two  words ", "two words"),
    ],
)
def test_values_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text


def test_values_on_their_way() -> None:
    contact = {"phones": ["+1", "+2"], "custom": {"tier": "gold", "vip": True, "likes": ["a"]}}
    assert (value_here(contact, "phone"), value_here(contact, "custom.tier")) == ("+1", "gold")
    assert changes_for(
        contact, {"phone": "+3", "custom.vip": "no", "custom.likes": "b, c", "company": ""}
    ) == {
        "phones": ["+3", "+2"],
        "custom": {"vip": False, "likes": ["b", "c"]},
        "company": None,
    }
    birthday = FieldRule(field="custom.born", merge="BIRTH", type="birthday")
    assert sent(birthday, "1990-05-17") == "05/17"
    assert len(sent(FieldRule(field="job_title", merge="JOB"), "я" * 300).encode()) <= 255
