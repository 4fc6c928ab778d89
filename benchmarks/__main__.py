"""``make bench``: what requests cost at eight connections, beside a bare Litestar + Piccolo app in the same run."""

import argparse
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec

from benchmarks.base import KEPT, postgres_base, sqlite_base
from benchmarks.comparison import Compared, compare
from benchmarks.server import KINDS
from benchmarks.starting import start_seconds
from crmcore.clock import uuid7
from crmcore.testing.postgres import (
    OwnPostgresServer,
    PostgresServer,
    find_programs,
    find_server,
    named_server,
)

Results = dict[str, Compared]

# A million messages are loaded and indexed in minutes, and are not read from the disk for every request.
_SETTINGS = ("shared_buffers=512MB", "max_wal_size=4GB", "maintenance_work_mem=512MB")

# Contacts and messages.
QUICK = ((1000, 5000),)
USUAL = ((1000, 50_000), (100_000, 100_000))
FULL = ((1000, 50_000), (100_000, 1_000_000))


def main() -> int:
    """Measure on every database there is and print the table, or JSON."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="1,000 contacts only, under a minute")
    size.add_argument("--full", action="store_true", help="100,000 contacts with 1,000,000 messages")
    parser.add_argument("--seconds", type=float, default=0.0, help="per kind of request and server")
    parser.add_argument("--stock", action="store_true", help="beside Piccolo's own engines too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--only", choices=["sqlite", "postgres"], help="leave the other database out")
    options = parser.parse_args()
    sizes = QUICK if options.quick else FULL if options.full else USUAL
    seconds = options.seconds or (1.0 if options.quick else 3.0)
    kinds = KINDS if options.stock else KINDS[:2]
    results: Results = {}
    with tempfile.TemporaryDirectory(prefix="crmcore-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        started, plugins = start_seconds(folder / "start")
        if options.only != "postgres":
            for contacts, messages in sizes:
                title = _title("SQLite", contacts, messages)
                results[title] = _on_sqlite(folder / "sqlite", contacts, messages, kinds, seconds)
                shutil.rmtree(folder / "sqlite")
        if options.only != "sqlite":
            server = postgres_server(stack)
            if server is None:
                say("PostgreSQL: none here (CRMCORE_TEST_POSTGRES, or a postgres binary)")
            else:
                for contacts, messages in sizes:
                    title = _title("PostgreSQL", contacts, messages)
                    place = folder / f"postgres-{contacts}"
                    results[title] = _on_postgres(place, server, contacts, messages, kinds, seconds)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(results), indent=2).decode())
    else:
        _print(results)
        print(f"\nStart with {plugins} plugins until the first answer: {started:.2f} s")
    return 0


def _title(engine: str, contacts: int, messages: int) -> str:
    return f"{engine}, {contacts:,} contacts, {messages:,} messages"


def _on_sqlite(
    folder: Path, contacts: int, messages: int, kinds: tuple[str, ...], seconds: float
) -> Compared:
    """Compare on one file, which the servers write to in turn."""
    say(f"SQLite: a base of {contacts:,} contacts and {messages:,} messages")
    base = sqlite_base(folder, contacts, messages, say)
    url = f"sqlite:///{folder / 'crm.sqlite'}"
    return compare(base, dict.fromkeys(kinds, (url, folder)), seconds, say)


def _on_postgres(
    folder: Path,
    server: PostgresServer,
    contacts: int,
    messages: int,
    kinds: tuple[str, ...],
    seconds: float,
) -> Compared:
    """Compare on one PostgreSQL database, a copy of the kept one that is gone afterwards."""
    say(f"PostgreSQL: a base of {contacts:,} contacts and {messages:,} messages")
    name = _database_name()
    try:
        base = postgres_base(server, name, folder, contacts, messages, say)
        return compare(base, dict.fromkeys(kinds, (server.url_of(name), folder)), seconds, say)
    finally:
        server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def postgres_server(stack: ExitStack) -> PostgresServer | None:
    """Return the server that is named, or one of our own whose databases are kept; None when there is none."""
    named, programs = named_server(), find_programs()
    if named or programs is None:
        return PostgresServer(named) if named else None
    try:
        server = OwnPostgresServer(programs, KEPT / "postgres-server", _SETTINGS)
    except RuntimeError:  # another run has it, or it is of another version
        server = OwnPostgresServer(programs, settings=_SETTINGS)
    stack.callback(server.stop)
    return server


def postgres_url(stack: ExitStack) -> str:
    """Return the URL of an empty PostgreSQL database, found as the tests find one; empty when there is none."""
    if not (named_server() or find_programs()):
        return ""
    server = find_server()
    stack.callback(server.stop)
    name = _database_name()
    server.make(name)
    stack.callback(server.run, f"DROP DATABASE {name} WITH (FORCE)")
    return server.url_of(name)


def _database_name() -> str:
    return f"crmcore_bench_{os.getpid()}_{uuid7().hex[:12]}"


def _print(results: Results) -> None:
    for title, compared in results.items():
        others = [kind for kind in KINDS[1:] if kind in compared.lines[0].figures]
        heads = "".join(f" {kind}/s | ratio |" for kind in others)
        print(f"\n{title}\n\n| | crmcore/s |{heads} p50 | p99 | CPU, bare | aim | |")
        print("|---|--:|" + "--:|--:|" * len(others) + "--:|--:|--:|--:|---|")
        for line in compared.lines:
            ours = line.figures["crmcore"]
            beside = "".join(
                f" {line.figures[kind].per_second:,.0f} | {ours.per_second / line.figures[kind].per_second:.0%} |"
                for kind in others
            )
            reached = "reached" if ours.per_second >= line.aim else "–"
            print(
                f"| {line.name} | {ours.per_second:,.0f} |{beside} {ours.p50_ms:.1f} ms | {ours.p99_ms:.1f} ms "
                f"| {ours.cpu_ms:.2f}, {line.figures['bare'].cpu_ms:.2f} ms | {line.aim:,} | {reached} |"
            )
        if compared.memory_mb:
            print(f"\nMemory of crmcore's process afterwards: {compared.memory_mb:.0f} MB")


def say(text: str) -> None:
    """Tell how far the run is."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
