"""Kept times do not depend on the order in which messages are written."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crmcore.conversations.storable import bounded_key, storable
from crmcore.conversations.times import NOTHING_YET, after_inbound, after_note, after_reply, preview_of

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(50))
def test_any_order_of_messages_ends_in_the_same_times(seed: int) -> None:
    chance = random.Random(seed)
    moments = [START + timedelta(minutes=minute) for minute in chance.sample(range(1000), 12)]

    def after(order: list[datetime]) -> dict[str, Any]:
        row = dict(NOTHING_YET) | {"preview": ""}
        for moment in order:
            row |= after_inbound(row, moment.isoformat(), moment)
        return row

    expected = after(sorted(moments))
    assert expected["waiting_since"] == min(moments)
    assert expected["last_inbound_at"] == expected["last_activity_at"] == max(moments)
    assert expected["preview"] == max(moments).isoformat()
    chance.shuffle(moments)
    assert after(moments) == expected


def test_an_answer_ends_the_waiting_and_an_older_message_does_not_begin_it_again() -> None:
    row: dict[str, Any] = dict(NOTHING_YET) | {"preview": ""}
    row |= after_inbound(row, "hello", START)
    row |= after_reply(row, "hi", START + timedelta(minutes=10))
    assert (row["waiting_since"], row["first_response_at"]) == (None, START + timedelta(minutes=10))
    row |= after_inbound(row, "late", START + timedelta(minutes=5))
    assert (row["waiting_since"], row["preview"]) == (None, "hi")
    row |= after_inbound(row, "thanks", START + timedelta(minutes=20))
    assert row["waiting_since"] == START + timedelta(minutes=20)
    row |= after_reply(row, "welcome", START + timedelta(minutes=30))
    assert row["first_response_at"] == START + timedelta(minutes=10)
    row |= after_note(row, START + timedelta(minutes=40))
    assert (row["message_count"], row["preview"]) == (6, "welcome")
    assert row["last_activity_at"] == START + timedelta(minutes=40)


def test_a_conversation_that_we_begin_has_no_first_response() -> None:
    row: dict[str, Any] = dict(NOTHING_YET) | {"preview": ""}
    row |= after_reply(row, "we begin", START)
    assert row["first_response_at"] is None


def test_a_preview_is_one_short_line() -> None:
    assert preview_of("a\n\n  b\tc") == "a b c"
    assert len(preview_of("слово " * 500)) == 200


def test_text_becomes_storable_at_any_depth() -> None:
    assert storable({"a\x00": ["x\ud800y", {"b": "ok"}], "n": 1}) == {
        "a\ufffd": ["x\ufffdy", {"b": "ok"}],
        "n": 1,
    }
    assert storable("\U0001f600") == "\U0001f600"
    assert bounded_key("k") == "k"
    assert bounded_key("k" * 256) != bounded_key("k" * 257)
    assert len(bounded_key("k\x00")) == 64
