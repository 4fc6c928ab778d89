"""What is asked, and what it has to come up to."""

from collections.abc import Mapping
from itertools import count
from urllib.parse import quote

import msgspec
from msgspec import Struct

from benchmarks.base import Base
from benchmarks.load import Ask, get, send
from benchmarks.rows import TIERS


class Row(Struct, frozen=True, kw_only=True):
    """One kind of request. ``aim`` is how many a second are wanted: ten times the best of eight other systems."""

    name: str
    ask: Ask
    aim: int


def rows_of(base: Base) -> list[Row]:
    """Return the rows of the table, in its order."""
    token, fresh = base.token, count(1)
    contacts, cases, names = base.contacts, base.conversations, base.names

    def body(document: Mapping[str, object]) -> bytes:
        return msgspec.json.encode(document)

    def one(turn: int) -> bytes:
        return get(f"/api/contacts/{contacts[turn % len(contacts)]}", token)

    def many(turn: int) -> bytes:
        return get("/api/contacts?limit=50", token)

    def filtered(turn: int) -> bytes:
        question = body({"field": "custom.tier", "op": "eq", "value": TIERS[turn % 3]})
        return get(f"/api/contacts?limit=50&filter={quote(question)}", token)

    def search(turn: int) -> bytes:
        return get(f"/api/search?q={quote(names[turn % len(names)])}", token)

    def create(turn: int) -> bytes:
        number = next(fresh)
        mail = f"ann{number}@bench.example"
        document = {"first_name": "Ann", "last_name": f"Lee {number}", "emails": [mail]}
        return send("POST", "/api/contacts", token, body(document))

    def update(turn: int) -> bytes:
        path = f"/api/contacts/{contacts[turn % len(contacts)]}"
        return send("PATCH", path, token, body({"job_title": f"Number {next(fresh)}"}))

    def conversation(turn: int) -> bytes:
        return get(f"/api/conversations/{cases[turn % len(cases)]}/messages?limit=50", token)

    def receive(turn: int) -> bytes:
        message = {
            "delivery_key": f"bench-{next(fresh)}",
            "from": {"email": f"ann{turn}@bench.example", "name": "Ann Lee"},
            "subject": "Parcel",
            "text": "Where is my parcel?",
        }
        return send("POST", "/api/channels/bench/inbound", token, body(message))

    rows = [
        Row(name="one contact", ask=one, aim=1700),
        Row(name="list of 50", ask=many, aim=580),
        Row(name="list of 50, custom field", ask=filtered, aim=580),
        Row(name="search", ask=search, aim=500),
        Row(name="create", ask=create, aim=720),
        Row(name="update", ask=update, aim=720),
        Row(name="receipt", ask=receive, aim=300),
    ]
    if cases:
        rows.insert(4, Row(name="conversation, 50 messages", ask=conversation, aim=1800))
    return rows
