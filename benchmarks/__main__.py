"""``make bench``: one contact, a list of 50, a create and a receipt, as ratios to a bare app in the same run."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import msgspec

from benchmarks.base import Base, copy_of, make_base
from benchmarks.measure import Figures, measure, requests_of
from benchmarks.server import KINDS

Results = dict[str, dict[str, dict[str, Figures]]]


def main() -> int:
    """Measure on every database there is and print the table, or JSON."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=400, help="requests of a kind per server")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--only", choices=["sqlite", "postgres"], help="leave the other database out")
    options = parser.parse_args()
    results: Results = {}
    with tempfile.TemporaryDirectory(prefix="crmcore-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        if options.only != "postgres":
            results["SQLite"] = _on_sqlite(folder, options.rounds)
        if options.only != "sqlite":
            url = _postgres(stack)
            if url:
                results["PostgreSQL"] = _on_postgres(folder, url, options.rounds)
            else:
                _say("PostgreSQL: none here (CRMCORE_TEST_POSTGRES, or a postgres binary)")
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(results), indent=2).decode())
    else:
        _print(results)
    return 0


def _on_sqlite(folder: Path, rounds: int) -> dict[str, dict[str, Figures]]:
    """Compare on SQLite, every server on a file of its own."""
    _say("SQLite: filling a base of 1,000 contacts")
    base = make_base(folder / "crmcore")
    places = {
        kind: folder / "crmcore" if kind == "crmcore" else copy_of(base, folder / kind) for kind in KINDS
    }
    return _compare(
        base, {kind: f"sqlite:///{place / 'crm.sqlite'}" for kind, place in places.items()}, rounds
    )


def _on_postgres(folder: Path, url: str, rounds: int) -> dict[str, dict[str, Figures]]:
    """Compare on one PostgreSQL database."""
    _say("PostgreSQL: filling a base of 1,000 contacts")
    return _compare(make_base(folder / "postgres", url), dict.fromkeys(KINDS, url), rounds)


def _compare(base: Base, urls: dict[str, str], rounds: int) -> dict[str, dict[str, Figures]]:
    with ExitStack() as stack:
        clients = {kind: stack.enter_context(_served(kind, url, base)) for kind, url in urls.items()}
        return measure(clients, requests_of(base), rounds=rounds, told=lambda name: _say(f"  {name}"))


@contextmanager
def _served(kind: str, url: str, base: Base) -> Iterator[httpx2.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = (
        url.removeprefix("sqlite:///").rpartition("/")[0] if url.startswith("sqlite") else str(base.folder)
    )
    command = [sys.executable, "-m", "benchmarks.server", kind, url, folder, str(base.account), str(port)]
    with subprocess.Popen(command) as process:
        try:
            headers = {"Authorization": f"Bearer {base.token}"}
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
                _until_it_answers(client, process)
                yield client
        finally:
            process.send_signal(signal.SIGINT)


def _until_it_answers(client: httpx2.Client, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            client.get("/api/contacts", params={"limit": 1}).raise_for_status()
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("a server does not answer")


def _postgres(stack: ExitStack) -> str:
    """Return the URL of an empty PostgreSQL database, found as the tests find one; empty when there is none."""
    from crmcore.testing.postgres import find_programs, find_server, named_server

    if not (named_server() or find_programs()):
        return ""
    server = find_server()
    stack.callback(server.stop)
    name = f"crmcore_bench_{os.getpid()}"
    server.make(name)
    stack.callback(server.run, f"DROP DATABASE {name} WITH (FORCE)")
    return server.url_of(name)


def _print(results: Results) -> None:
    print(
        f"{'median of one request':24}{'crmcore':>10}{'bare':>10}{'ratio':>8}{'stock':>10}{'ratio':>8}{'p99':>10}"
    )
    for database, requests in results.items():
        for name, figures in requests.items():
            ours, bare, stock = (figures[kind].median_ms for kind in KINDS)
            print(
                f"{database + ', ' + name:24}{ours:>7.2f} ms{bare:>7.2f} ms{ours / bare:>7.1f}×"
                f"{stock:>7.2f} ms{ours / stock:>7.1f}×{figures['crmcore'].p99_ms:>7.2f} ms"
            )
    print(
        "bare: a plain Litestar route on our engines; stock: the same on Piccolo's own. Without the worker."
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
