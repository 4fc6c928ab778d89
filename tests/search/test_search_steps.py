"""Words of every frequency, when few entries are looked at in one go: the same finds, newest first, each once."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from crmcore import Actor
from crmcore.search.tables import SearchProgress
from crmcore.workspace import Crm

Tell = Callable[..., Awaitable[Any]]

FEW = {"WALKED": 8, "WALKED_RECORDS": 3, "LATE": 20, "LATE_RECORDS": 40, "SCARCE": 3}
NUMBERED = [f"n{number}" for number in range(24)]
# What is asked for, and which of the numbered records and messages have it.
QUESTIONS = {
    "every": range(24),
    "ever": range(24),
    "old": range(5),
    "ol": range(5),
    "seldom": (3, 12, 23),
    "every seldom": (3, 12, 23),
    "seldom eve": (3, 12, 23),
    "every sel": (3, 12, 23),
    "old seldom": (3,),
    "old ever": range(5),
    "young every": range(5, 24),
    "nowhere ev": (),
}


@pytest.mark.parametrize("kind", ["contact", "message"])
@pytest.mark.parametrize("analysed", [False, True])
async def test_common_and_rare_words_are_found_alike(
    crm: Crm,
    actor: Actor,
    person: Tell,
    case: Tell,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    analysed: bool,
) -> None:
    for name, value in FEW.items():
        monkeypatch.setattr(f"crmcore.search.postgres.{name}", value)
    for number, name in enumerate(NUMBERED):
        words = [
            "every",
            "old" if number < 5 else "young",
            *(["seldom"] if number in (3, 12, 23) else []),
            name,
        ]
        crm.clock.advance(1)  # type: ignore[attr-defined]  # the tests' clock
        await person(first_name=" ".join(words), last_name="Somebody")
        await case("Nothing", " ".join(words))
    if analysed and crm.database.kind == "postgres":
        await SearchProgress.raw("ANALYZE search_entry")
    for q, expected in QUESTIONS.items():
        for limit in (2, 7, 30):
            seen: list[str] = []
            cursor: str | None = ""
            while cursor is not None:
                page = await crm.search.find(q, actor=actor, record_type=kind, limit=limit, cursor=cursor)
                seen += [
                    (find.excerpt or find.title.removesuffix(" Somebody")).split()[-1] for find in page.items
                ]
                cursor = page.next
            assert seen == [NUMBERED[number] for number in reversed(expected)], (q, limit)
        both = (await crm.search.find(q, actor=actor, limit=60)).items
        assert len({find.id for find in both}) == len(both) == 2 * len(expected), q
