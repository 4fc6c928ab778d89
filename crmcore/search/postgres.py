"""The newest entries that match, as PostgreSQL finds them soonest."""

from collections.abc import Sequence
from typing import Any

from crmcore.search.question import Question

TSQUERY = "CAST(CAST({} AS text) AS tsquery)"
# How many of the newest entries are looked at one by one before the index of words is asked: 0.25 µs each, for they
# lie side by side, and a word that one message in a hundred has is found there.
WALKED = 2000
# How many of the newest records, by an index of their own; they lie among the messages.
WALKED_RECORDS = 800
# The hundredths of all entries, the newest, among which a word that is not so common is looked for next.
LATE = 6
LATE_RECORDS = 12
# Up to so many entries that have a question's whole words are asked one by one for the beginning that it has too.
SCARCE = 2000
# Bounds of hundredths of the keys, as the last ANALYZE found them; where there are none yet, there is no late part.
_BOUNDS = (
    "SELECT bound FROM pg_stats, unnest(CAST(CAST(histogram_bounds AS text) AS bigint[])) AS bound "
    "WHERE schemaname = current_schema() AND tablename = 'search_entry' AND attname = 'id'"
)
_BY_KEY = "ORDER BY id + 0 DESC OFFSET 0"


def newest_on_postgres(
    question: Question,
    columns: str,
    said: bool,
    limit: int,
    below: Sequence[int],
    further: str,
    values: Sequence[Any],
) -> tuple[str, list[Any]]:
    """Return the select of the newest matches: among few of the newest entries, of many, or of all.

    What the index of words finds is read from all over the table, 1.7 µs an entry, and a word that a hundredth of
    the messages have is in ten thousand. So common words are found by walking back from the newest entry, those less
    common among the matches of the newest part of the table (an index of the blocks' keys leaves the others out
    before they are read), and rare ones among all matches. Each step is taken only when the one before found too few,
    and finds what that one found. Beginnings that many words have cost 0.3 µs an entry, however few have the other
    words too; :func:`_scarce` is for them.

    The question and the keys come from selects of their own: so the plan does not depend on them, and PostgreSQL
    keeps it instead of making it anew for every search, which takes longer than the search. (``+ 0`` is an order that
    no index has, ``OFFSET 0`` keeps what is asked of few rows from being asked of all.)
    """
    which = f"record_type {'=' if said else '<>'} 'message'"
    start = "id < (SELECT key FROM below)" if below else "TRUE"
    if said:  # few messages may lie under many records
        newest = f"SELECT * FROM search_entry WHERE {start} ORDER BY id DESC LIMIT {WALKED}"  # noqa: S608
        walked = f"SELECT * FROM ({newest}) AS newest WHERE {which}"  # noqa: S608
    else:
        walked = (
            f"SELECT * FROM search_entry WHERE {which} AND {start} ORDER BY id DESC LIMIT {WALKED_RECORDS}"  # noqa: S608
        )
    reached = "bound < (SELECT key FROM below)" if below else "TRUE"
    edge = f"{_BOUNDS} AND {reached} ORDER BY bound DESC LIMIT {LATE if said else LATE_RECORDS}"
    under = " AND id + 0 < (SELECT key FROM below)" if below else ""
    entries = f"SELECT * FROM search_entry WHERE {which}{under} AND words @@ (SELECT"  # noqa: S608
    late = f"{entries} words FROM asked) AND id >= (SELECT MIN(bound) FROM ({edge}) AS late) {_BY_KEY}"  # noqa: S608
    steps = {
        "near": (
            f"SELECT {columns} FROM ({walked}) AS entry "  # noqa: S608
            f"WHERE entry.words @@ (SELECT words FROM asked){further} LIMIT {limit}"
        )
    }
    open_still = f"(SELECT COUNT(*) FROM near) < {limit}"  # noqa: S608
    ends = [_full("near", limit)]
    rest = question.without_beginnings()
    if rest:
        steps |= _scarce(walked, f"{entries} rest FROM asked)", columns, said, limit, open_still, further)
        ended = f"(SELECT COUNT(*) BETWEEN 0 AND {SCARCE - 1} FROM scarce) AND NOT (SELECT so FROM common)"  # noqa: S608
        ends.append(f"SELECT * FROM few WHERE {open_still} AND {ended}")  # noqa: S608
        open_still = f"{open_still} AND NOT ({ended})"
    steps["late"] = f"SELECT {columns} FROM ({late}) AS entry WHERE {open_still}{further} LIMIT {limit}"  # noqa: S608
    ends.append(_full("late", limit))
    open_still = f"{open_still} AND (SELECT COUNT(*) FROM late) < {limit}"  # noqa: S608
    steps["far"] = (
        f"SELECT {columns} FROM ({entries} words FROM asked) {_BY_KEY}) AS entry "  # noqa: S608
        f"WHERE {open_still}{further} LIMIT {limit}"
    )
    ends.append("SELECT * FROM far")
    asked = {"asked": f"SELECT {TSQUERY} AS words{f', {TSQUERY} AS rest' if rest else ''}"}
    if below:
        asked["below"] = "SELECT CAST({} AS bigint) AS key"
    tables = ", ".join(f"{name} AS MATERIALIZED ({sql})" for name, sql in (asked | steps).items())
    questions = [question.for_postgres(), *([rest.for_postgres()] if rest else [])]
    often = sum(further in sql for sql in steps.values()) if further else 0
    return f"WITH {tables} {' UNION ALL '.join(ends)}", [*questions, *below, *list(values) * often]


def _full(step: str, limit: int) -> str:
    """Return the select of what ``step`` found, if it is enough."""
    return f"SELECT * FROM {step} WHERE (SELECT COUNT(*) FROM {step}) = {limit}"  # noqa: S608


def _scarce(
    walked: str, entries: str, columns: str, said: bool, limit: int, open_still: str, further: str
) -> dict[str, str]:
    """Return the steps that ask the few entries with a question's whole words for the beginning that it has too.

    ``common`` tells of words that the newest entries have often: to gather them takes longer than the beginning does.
    """
    often = max((WALKED if said else WALKED_RECORDS) // 100, 1)
    seen = f"SELECT 1 FROM ({walked}) AS entry WHERE entry.words @@ (SELECT rest FROM asked) LIMIT {often}"  # noqa: S608
    return {
        "common": f"SELECT COUNT(*) = {often} AS so FROM ({seen}) AS seen",  # noqa: S608
        "scarce": f"{entries} AND {open_still} AND NOT (SELECT so FROM common) LIMIT {SCARCE}",  # noqa: S608
        "few": (
            f"SELECT {columns} FROM (SELECT * FROM scarce WHERE words @@ (SELECT words FROM asked) "  # noqa: S608
            f"ORDER BY id DESC OFFSET 0) AS entry WHERE TRUE{further} LIMIT {limit}"
        ),
    }
