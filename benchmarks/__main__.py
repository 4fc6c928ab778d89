"""``make bench``: what requests cost at eight connections, beside a bare Litestar + Piccolo app in the same run."""

import argparse
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec

from benchmarks.base import make_base, sqlite_base
from benchmarks.comparison import Compared, compare
from benchmarks.server import KINDS
from benchmarks.starting import start_seconds
from crmcore.clock import uuid7

Results = dict[str, Compared]

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
            for contacts, messages in sizes:
                url = postgres_url(stack)
                if not url:
                    say("PostgreSQL: none here (CRMCORE_TEST_POSTGRES, or a postgres binary)")
                    break
                title = _title("PostgreSQL", contacts, messages)
                results[title] = _on_postgres(folder / title, url, contacts, messages, kinds, seconds)
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
    folder: Path, url: str, contacts: int, messages: int, kinds: tuple[str, ...], seconds: float
) -> Compared:
    """Compare on one PostgreSQL database."""
    say(f"PostgreSQL: a base of {contacts:,} contacts and {messages:,} messages")
    base = make_base(folder, url, contacts, messages, say)
    return compare(base, dict.fromkeys(kinds, (url, folder)), seconds, say)


def postgres_url(stack: ExitStack) -> str:
    """Return the URL of an empty PostgreSQL database, found as the tests find one; empty when there is none."""
    from crmcore.testing.postgres import find_programs, find_server, named_server

    if not (named_server() or find_programs()):
        return ""
    server = find_server()
    stack.callback(server.stop)
    name = f"crmcore_bench_{os.getpid()}_{uuid7().hex[:12]}"
    server.make(name)
    stack.callback(server.run, f"DROP DATABASE {name} WITH (FORCE)")
    return server.url_of(name)


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
