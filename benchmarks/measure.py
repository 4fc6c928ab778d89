"""Asking every server in turn, so that whatever else the machine does hits them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from itertools import count

import httpx2
from msgspec import Struct

from benchmarks.base import Base

Ask = Callable[[httpx2.Client, int], httpx2.Response]


class Figures(Struct, frozen=True, kw_only=True):
    """Milliseconds of one kind of request at one server."""

    median_ms: float
    p99_ms: float


def requests_of(base: Base) -> dict[str, Ask]:
    """Return what is asked, by its name."""
    fresh = count(1)

    def one(client: httpx2.Client, turn: int) -> httpx2.Response:
        return client.get(f"/api/contacts/{base.contacts[turn % len(base.contacts)]}")

    def many(client: httpx2.Client, turn: int) -> httpx2.Response:
        return client.get("/api/contacts", params={"limit": 50})

    def create(client: httpx2.Client, turn: int) -> httpx2.Response:
        number = next(fresh)
        document = {
            "first_name": "Ann",
            "last_name": f"Lee {number}",
            "emails": [f"ann{number}@bench.example"],
        }
        return client.post("/api/contacts", json=document)

    def receive(client: httpx2.Client, turn: int) -> httpx2.Response:
        number = next(fresh)
        message = {
            "delivery_key": f"bench-{number}",
            "from": {"email": f"ann{turn}@bench.example", "name": "Ann Lee"},
            "subject": "Parcel",
            "text": "Where is my parcel?",
        }
        return client.post("/api/channels/bench/inbound", json=message)

    return {"one contact": one, "list of 50": many, "create": create, "receipt": receive}


def measure(
    clients: Mapping[str, httpx2.Client], asks: Mapping[str, Ask], *, rounds: int, told: Callable[[str], None]
) -> dict[str, dict[str, Figures]]:
    """Ask every client the same, turn by turn, ``rounds`` times; return the figures by request and server."""
    found: dict[str, dict[str, Figures]] = {}
    for name, ask in asks.items():
        told(name)
        times: dict[str, list[float]] = {kind: [] for kind in clients}
        for turn in range(-rounds // 10, rounds):
            for kind, client in clients.items():
                started = time.perf_counter()
                answer = ask(client, turn)
                took = time.perf_counter() - started
                if answer.status_code >= 300:
                    raise RuntimeError(f"{kind}, {name}: {answer.status_code} {answer.text[:300]}")
                if turn >= 0:  # the first tenth warms up
                    times[kind].append(took * 1000)
        found[name] = {
            kind: Figures(median_ms=statistics.median(taken), p99_ms=statistics.quantiles(taken, n=100)[98])
            for kind, taken in times.items()
        }
    return found
