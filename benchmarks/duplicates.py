"""``python -m benchmarks.duplicates``: how many planted duplicates a scan finds, and what else it takes for some.

Run it after every change of the matching, with other seeds than the one it was tuned with.
"""

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from benchmarks.planted import Planted, make_planted
from crmcore.clock import uuid7
from crmcore.contacts.points import Point, PointRules
from crmcore.contacts.tables import Company, Contact, ContactPoint
from crmcore.contracts.actors import system_actor
from crmcore.contracts.problems import InvalidValue
from crmcore.duplicates.score import SUGGESTED
from crmcore.settings import WorkspaceSettings, load_settings
from crmcore.workspace import Crm

Pairs = dict[frozenset[UUID], str]
BATCH = 1000
COUNTRY = "US"


class Outcome(Struct, frozen=True, kw_only=True):
    """What a scan found: planted pairs by kind, found ones by kind, pairs that nobody planted.

    ``scores`` are (score, planted) of every suggestion.
    """

    planted: dict[str, int]
    found: dict[str, int]
    wrong: list[tuple[UUID, UUID]]
    scores: list[tuple[int, bool]] = []
    seconds: float
    processor_s: float

    @property
    def recall(self) -> float:
        """The share of planted pairs that was found."""
        return sum(self.found.values()) / sum(self.planted.values())

    @property
    def wrong_share(self) -> float:
        """The share of suggested pairs that nobody planted."""
        return len(self.wrong) / max(len(self.wrong) + sum(self.found.values()), 1)


def main() -> int:
    """Fill a base, scan it, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.duplicates", description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--planted", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--otherwise", action="store_true", help="people and duplicates of the second kind")
    parser.add_argument("--database", default="", help="a URL instead of a temporary SQLite file")
    parser.add_argument("--show", type=int, default=0, help="print so many of the wrong pairs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crmcore-duplicates-") as folder:
        asyncio.run(_run(options, Path(folder)))
    return 0


async def _run(options: argparse.Namespace, folder: Path) -> None:
    url = options.database or f"sqlite:///{folder / 'crm.sqlite'}?synchronous=off"
    settings = load_settings(
        None, data_dir=str(folder), database_url=url, no_plugins=["*"], default_country=COUNTRY
    )
    crm = Crm.build(settings)
    await crm.start()
    try:
        with crm.bound():
            _say(f"filling a base of {options.contacts:,} contacts, {options.planted:,} of them duplicates")
            # In a process of its own: what the scan takes is measured without the documents.
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
                wanted = (options.contacts, options.planted, options.seed, options.otherwise)
                pairs, some = await asyncio.wrap_future(other.submit(_filled, settings, *wanted))
            outcome = await scan_and_judge(crm, pairs)
            _print(outcome, await _seconds_of_one(crm, some))
            for pair in outcome.wrong[: options.show]:
                await _show(pair)
    finally:
        await crm.stop()


def _filled(settings: WorkspaceSettings, *wanted: Any) -> tuple[Pairs, list[UUID]]:
    """Fill the workspace and return the planted pairs and a hundred contacts."""

    async def run() -> tuple[Pairs, list[UUID]]:
        crm = Crm.build(settings)
        await crm.start()
        try:
            with crm.bound():
                planted = _planted(*wanted)
                ids = await fill(planted)
                return by_id(planted, ids), ids[:: max(len(ids) // 100, 1)]
        finally:
            await crm.stop()

    return asyncio.run(run())


def _planted(contacts: int, planted: int, seed: int, otherwise: bool) -> Planted:
    if not otherwise:
        return make_planted(contacts, planted, seed, COUNTRY)
    from benchmarks.planted_otherwise import make_planted_otherwise

    return make_planted_otherwise(contacts, planted, seed, COUNTRY)


def by_id(planted: Planted, ids: list[UUID]) -> Pairs:
    """Return the planted pairs with their kinds by the ids of their contacts."""
    return {frozenset((ids[one], ids[other])): kind for (one, other), kind in planted.pairs.items()}


async def fill(planted: Planted) -> list[UUID]:
    """Write the contacts past the gate, as it would write them, and return their ids in order."""
    rules, now = PointRules(COUNTRY), _now()
    names = sorted({document["company"] for document in planted.documents if document.get("company")})
    companies = {name: uuid7(now) for name in names}
    rows = [Company(id=id, name=name, name_key=name.casefold()) for name, id in companies.items()]
    for start in range(0, len(rows), BATCH):
        await Company.insert(*rows[start : start + BATCH])
    ids: list[UUID] = []
    for start in range(0, len(planted.documents), BATCH):
        contacts, points = [], []
        for document in planted.documents[start : start + BATCH]:
            id, own = uuid7(now), list(_points(document, rules))
            ids.append(id)
            contacts.append(
                Contact(
                    id=id,
                    first_name=document["first_name"],
                    last_name=document["last_name"],
                    job_title=document.get("job_title") or "",
                    company=companies.get(document.get("company") or ""),
                    points=msgspec.json.encode(own).decode(),
                )
            )
            points += [
                ContactPoint(contact=id, kind=point.kind, raw=point.raw, normalized=point.normalized)
                for point in own
            ]
        await Contact.insert(*contacts)
        await ContactPoint.insert(*points)
    return ids


async def scan_and_judge(crm: Crm, planted: Pairs) -> Outcome:
    """Scan, and compare every suggestion that the list gives out with what was planted."""
    began, processor = time.monotonic(), time.process_time()
    await crm.duplicates.scan_now(_told)
    seconds, processor_s = time.monotonic() - began, time.process_time() - processor
    found, wrong, scores, cursor = Counter[str](), [], [], ""
    while True:
        page, following = await crm.duplicates.suggestions.page(
            actor=system_actor(), limit=200, cursor=cursor
        )
        for suggestion in page:
            pair = suggestion.one["id"], suggestion.other["id"]
            kind = planted.get(frozenset(pair))
            scores.append((suggestion.score, kind is not None))
            if kind is None:
                wrong.append(pair)
            else:
                found[kind] += 1
        if following is None:
            break
        cursor = following
    return Outcome(
        planted=dict(Counter(planted.values())),
        found=dict(found),
        wrong=wrong,
        scores=scores,
        seconds=seconds,
        processor_s=processor_s,
    )


async def _seconds_of_one(crm: Crm, ids: list[UUID]) -> float:
    """Return how long it takes to ask for the duplicates of one contact."""
    times = []
    for id in ids:
        began = time.monotonic()
        await crm.duplicates.of_contact(id, actor=system_actor())
        times.append(time.monotonic() - began)
    return median(times)


def _points(document: Mapping[str, Any], rules: PointRules) -> list[Point]:
    points = []
    for name, kind in (("emails", "email"), ("phones", "phone")):
        for value in document.get(name, ()):
            try:
                points.append(rules.point(kind, value))
            except InvalidValue:
                continue
    return points


async def _show(pair: tuple[UUID, UUID]) -> None:
    from crmcore.duplicates.tables import DuplicateSuggestion

    rows = await DuplicateSuggestion.select().where(
        DuplicateSuggestion.one == pair[0], DuplicateSuggestion.other == pair[1]
    )
    findings = msgspec.json.decode(rows[0]["findings"])
    _say(f"  {rows[0]['score']} " + "; ".join(f"{f['code']} {f['bits']:.1f} {f['params']}" for f in findings))


def _print(outcome: Outcome, one: float) -> None:
    _say(
        f"scan: {outcome.seconds:.0f} s, {outcome.processor_s:.0f} s of processor; "
        f"one contact: {one * 1000:.1f} ms (median)"
    )
    _say(f"memory: {_most_memory()} MB at most")
    _say(f"{'kind':<28}{'planted':>8}{'found':>8}")
    for kind, many in sorted(outcome.planted.items()):
        _say(f"{kind:<28}{many:>8}{outcome.found.get(kind, 0) / many:>8.1%}")
    _say(f"{'all':<28}{sum(outcome.planted.values()):>8}{outcome.recall:>8.1%}")
    _say(
        f"suggested from a score of {SUGGESTED}; wrong pairs: {len(outcome.wrong)}, {outcome.wrong_share:.2%}"
    )
    for least in range(SUGGESTED, 100):
        right = [planted for score, planted in outcome.scores if score >= least]
        found, wrong = sum(right), len(right) - sum(right)
        shares = f"found {found / sum(outcome.planted.values()):.1%}, wrong {wrong / max(len(right), 1):.2%}"
        _say(f"  from {least}: {shares}")


def _most_memory() -> int:
    """Return this process's peak in MB; what the system counts for its children is not in it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def _told(what: str, done: int, total: int) -> None:
    if done == total or done % 10_000 < 200:
        _say(f"  {what}: {done:,} of {total:,}")


def _now() -> Any:
    from crmcore.clock import utc_now

    return utc_now()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
