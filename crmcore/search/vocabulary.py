"""The words of names and their trigrams: what a misspelt name may have meant."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.database.statement import fetch, in_blocks, write_along

MAX_CORRECTED = 3
MAX_SIMILAR = 8
_CANDIDATES = 100
_BLOCK = 256
_FEW = 50
# PostgreSQL learns the names of one record in statements that go along with others.
_LEARN = (
    "INSERT INTO search_gram (gram, length, word) SELECT '', length(name.word), name.word "
    "FROM json_array_elements_text(CAST({} AS json)) WITH ORDINALITY AS name(word, place) ORDER BY name.place "
    "ON CONFLICT DO NOTHING RETURNING word"
)
_LEARN_GRAMS = (
    "INSERT INTO search_gram (gram, length, word) SELECT part ->> 0, CAST(part ->> 1 AS integer), learned.word "
    "FROM json_array_elements(CAST({} AS json)) AS part JOIN learned ON learned.word = part ->> 2 "
    "ON CONFLICT DO NOTHING"
)


def grams_of(word: str) -> list[str]:
    """Return the trigrams of ``word`` with its edges marked: ``^an ann nna na$``."""
    edged = f"^{word}$"
    return sorted({edged[i : i + 3] for i in range(len(edged) - 2)})


async def learn_names(names: Collection[str]) -> None:
    """Remember the words of names; those that are known cost nothing more."""
    ordered = sorted(names)  # always in one order: two writers wait for each other instead of for ever
    if 0 < len(ordered) <= _FEW and WORKSPACE_ENGINE.engine_type == "postgres":
        grams = [[gram, len(word), word] for word in ordered for gram in grams_of(word)]
        async with WORKSPACE_ENGINE.transaction():
            await write_along(_LEARN, msgspec.json.encode(ordered).decode(), name="learned")
            await write_along(_LEARN_GRAMS, msgspec.json.encode(grams).decode())
        return
    new: list[str] = []
    for words in in_blocks(ordered, _BLOCK):
        new += await _insert([("", len(word), word) for word in words])
    rows = [(gram, len(word), word) for word in new for gram in grams_of(word)]
    for block in in_blocks(rows, _BLOCK):
        await _insert(block)


async def _insert(rows: Iterable[tuple[str, int, str]]) -> list[str]:
    values = [value for row in rows for value in row]
    places = ", ".join(["({}, {}, {})"] * (len(values) // 3))
    answer = await fetch(
        f"INSERT INTO search_gram (gram, length, word) VALUES {places} "  # noqa: S608
        "ON CONFLICT DO NOTHING RETURNING word",
        *values,
    )
    return [row["word"] for row in answer]


async def forget_names(names: Collection[str]) -> None:
    """Forget those words that no entry has any more."""
    for word in sorted(names):
        if WORKSPACE_ENGINE.engine_type == "postgres":
            used = "words @@ CAST(CAST({} AS text) AS tsquery) AND record_type <> 'message'"
            value = f"'{word}'"
            table = "search_entry"
        else:
            used, value, table = "search_words MATCH {}", f'"{word}"', "search_words"
        if not await fetch(f"SELECT 1 FROM {table} WHERE {used} LIMIT 1", value):  # noqa: S608
            places = ", ".join("{}" for _ in ("", *grams_of(word)))
            await fetch(
                f"DELETE FROM search_gram WHERE gram IN ({places}) AND length = {{}} AND word = {{}}",  # noqa: S608
                "",
                *grams_of(word),
                len(word),
                word,
            )


async def similar_names(words: Collection[str]) -> Mapping[str, list[str]]:
    """Return what each of ``words`` may have meant, nearest first, in one statement. Without itself."""
    asked = [word for word in words if len(word) >= 4 and word.isalpha()][:MAX_CORRECTED]
    if not asked:
        return {}
    selects, values = [], []
    for number, word in enumerate(asked):
        slips, grams = _slips(word), grams_of(word)
        away = _tolerance(word)
        selects.append(_SELECT.format(number, ", ".join(["{}"] * len(slips)), ", ".join(["{}"] * len(grams))))
        lengths: list[Any] = [len(word) - away, len(word) + away]
        values += [*lengths, *slips, *grams, *lengths]
    rows = await fetch(" UNION ALL ".join(selects), *values)
    meant: dict[str, list[str]] = {}
    for number, word in enumerate(asked):
        known = {row["word"] for row in rows if row["asked"] == number} - {word}
        near = sorted((distance(word, other), other) for other in known)
        meant[word] = [other for away, other in near if away <= _tolerance(word)][:MAX_SIMILAR]
    return {word: others for word, others in meant.items() if others}


# Swapped neighbours and a letter too many are looked up as they are: of a short word they leave no trigram whole.
_SELECT = f"""
SELECT {{0}} AS asked, word FROM search_gram
WHERE gram = '' AND length BETWEEN {{{{}}}} AND {{{{}}}} AND word IN ({{1}})
UNION ALL
SELECT {{0}}, word FROM (
  SELECT word, COUNT(*) AS shared FROM search_gram
  WHERE gram IN ({{2}}) AND length BETWEEN {{{{}}}} AND {{{{}}}}
  GROUP BY word ORDER BY shared DESC, word LIMIT {_CANDIDATES}
) AS alike{{0}}
"""  # noqa: S608 - a number, and places for parameters


def _tolerance(word: str) -> int:
    return 1 if len(word) < 8 else 2


def _slips(word: str) -> list[str]:
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    shorter = {word[:i] + word[i + 1 :] for i in range(len(word))}
    return sorted(swapped | shorter)


def distance(one: str, other: str) -> int:
    """Return how many slips lie between two words: a letter more, less, another, or two swapped."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, there in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
