"""``make load``: the field bar, while processes and databases are restarted and a plugin hangs; then a storm."""

import argparse
import asyncio
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.field_bar.connection import Connections
from benchmarks.field_bar.figures import HEADS
from benchmarks.field_bar.place import Place, fill
from benchmarks.field_bar.proof import Proof
from benchmarks.field_bar.sent import Sent
from benchmarks.field_bar.stage import run_stage
from benchmarks.field_bar.storm import storm
from benchmarks.field_bar.vendor import Vendor
from crmcore.clock import uuid7
from crmcore.testing.postgres import OwnPostgresServer, find_programs

SETTINGS = ("shared_buffers=256MB", "max_connections=100")
POSTGRES_PROCESSES = 2
# How many times the field bar: what has to be borne everywhere, then what each database promises.
TIMES = {"sqlite": (1.0, 3.0), "postgres": (1.0, 10.0)}


class Size(Struct, frozen=True):
    """How long and how much."""

    seconds: float
    orders: int
    storm: int
    storm_s: float
    times: dict[str, tuple[float, ...]] = msgspec.field(default_factory=lambda: TIMES)


SMOKE = Size(2.0, 20, 60, 2.0, {"sqlite": (0.5,), "postgres": (0.5,)})
QUICK = Size(10.0, 100, 1000, 4.0)
USUAL = Size(30.0, 200, 5000, 10.0)
FULL = Size(120.0, 400, 5000, 10.0)


def main() -> int:
    """Run the stages and print their figures; 1 when anything was lost or is there twice."""
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--smoke", action="store_true", help="seconds, at half the field bar: what the tests run"
    )
    size.add_argument(
        "--quick", action="store_true", help="10 s a phase and a storm of 1,000, some four minutes"
    )
    size.add_argument("--full", action="store_true", help="two minutes a phase")
    parser.add_argument("--only", choices=["sqlite", "postgres"], help="leave the other database out")
    parser.add_argument("--no-storm", action="store_true", help="leave the storm out")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--log", type=Path, help="append what the servers logged to this file")
    options = parser.parse_args()
    chosen = SMOKE if options.smoke else QUICK if options.quick else FULL if options.full else USUAL
    outcomes = [
        asyncio.run(
            _run(kind, chosen, with_storm=not options.no_storm, tables=not options.json, log=options.log)
        )
        for kind in ("sqlite", "postgres")
        if options.only in (None, kind)
    ]
    if options.json:
        print(msgspec.json.encode([line for outcome in outcomes for line in outcome]).decode())
    return int(any(line["lost"] or line["duplicated"] or line["misplaced"] for o in outcomes for line in o))


async def _run(
    kind: str, size: Size, *, with_storm: bool, tables: bool, log: Path | None
) -> list[dict[str, object]]:
    """Run every stage on one kind of database and return what was lost and duplicated in each."""
    lines = []
    with tempfile.TemporaryDirectory(prefix="crmcore-load-") as name, ExitStack() as stack:
        folder = Path(name)
        postgres, processes = None, 1
        if kind == "postgres":
            programs = find_programs()
            if programs is None:
                _say("PostgreSQL: none here that could be restarted (initdb and postgres)")
                return []
            postgres, processes = OwnPostgresServer(programs, settings=SETTINGS), POSTGRES_PROCESSES
            stack.callback(postgres.stop)
        for times in size.times[kind]:
            title = f"{kind}, {times:g} × the field bar, {processes} web process{'es' * (processes > 1)}"
            place, token, sent = await _prepared(folder / f"{times:g}", size.orders, postgres, processes)
            await place.start()
            try:
                mark = f"load{times:g}".replace(".", "o")
                staged = await run_stage(
                    place, token, sent, mark, times, size.seconds, _say, brief=size is SMOKE
                )
                lines.append(_told(title, staged.overall, staged.proof))
                if tables:
                    _table(title, [*staged.phases, staged.overall], staged.proof)
                if with_storm and times == size.times[kind][-1]:
                    lines.append(await _storm(place, token, size, kind, tables=tables))
            finally:
                place.jam(hangs=False)
                await place.stop()
                if log is not None:
                    with log.open("a", encoding="utf-8") as kept:
                        kept.write(place.log())
    return lines


async def _prepared(
    folder: Path, orders: int, postgres: OwnPostgresServer | None, processes: int
) -> tuple[Place, str, Sent]:
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    url = f"sqlite:///{folder / 'crm.sqlite'}"
    if postgres is not None:
        database = f"crmcore_load_{uuid7().hex}"
        postgres.make(database)
        url = postgres.url_of(database)
    filled = await fill(folder, url, orders)
    return (
        Place(folder, url, processes=processes, postgres=postgres),
        filled.token,
        Sent(orders=filled.orders),
    )


async def _storm(place: Place, token: str, size: Size, kind: str, *, tables: bool) -> dict[str, object]:
    connections = Connections(place.port)
    _say(f"{kind}: storm of {size.storm}")
    figures, proof, understood_s = await storm(Vendor(connections, token), size.storm, size.storm_s, "storm")
    connections.close()
    title = f"{kind}, {figures.name}"
    if tables:
        _table(title, [figures], proof)
        print(f"Understood {understood_s:.0f} s after it began.")
    return _told(title, figures, proof)


def _told(title: str, figures: object, proof: Proof) -> dict[str, object]:
    document: dict[str, object] = msgspec.to_builtins(figures)
    return {
        **{
            key: document[key]
            for key in ("sent", "failed", "tries", "first_tries_failed", "refusals", "errors")
        },
        "title": title,
        "read": proof.read,
        "lost": len(proof.lost),
        "duplicated": len(proof.duplicated),
        "misplaced": len(proof.misplaced),
        "details": (proof.lost + proof.duplicated + proof.misplaced)[:20],
    }


def _table(title: str, lines: list[object], proof: Proof) -> None:
    print(f"\n{title}\n\n{HEADS}")
    for line in lines:
        print(line.line())  # type: ignore[attr-defined]
    print(
        f"\nRead back: {proof.read:,}. Lost: {len(proof.lost)}. Duplicated: {len(proof.duplicated)}. "
        f"Out of order: {len(proof.misplaced)}. Events told again: {proof.repeated}.",
        flush=True,
    )
    for problem in (proof.lost + proof.duplicated + proof.misplaced)[:20]:
        print(f"  {problem}")
    for error in [error for line in lines[-1:] for error in line.errors][:10]:  # type: ignore[attr-defined]
        print(f"  {error}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
