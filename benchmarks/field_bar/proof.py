"""Reads everything back, and says what is lost and what is there twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
from msgspec import Struct, field

from benchmarks.field_bar.sent import Sent
from benchmarks.field_bar.vendor import Vendor

SETTLED_S = 900.0
"""So long the jobs behind the deliveries may take: they go on when the storm is over."""


class Proof(Struct):
    """What is wrong, in words; nothing is wrong when both are empty."""

    read: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    repeated: int = 0
    """Events that a plugin was told again."""

    def compare(self, what: str, there: Counter[str], acknowledged: Iterable[str], tried: set[str]) -> None:
        """Each acknowledged one is there once, each tried one at most once, and nothing else is there."""
        self.read += sum(there.values())
        self.lost += [f"{what} {name}" for name in acknowledged if not there[name]]
        self.duplicated += [f"{what} {name} × {times}" for name, times in there.items() if times > 1]
        self.duplicated += [f"{what} {name} from nowhere" for name in there if name not in tried]


async def listed(vendor: Vendor, path: str) -> AsyncIterator[dict[str, Any]]:
    """Yield every item of a list."""
    sign = "&" if "?" in path else "?"
    cursor = ""
    while True:
        heard = await vendor.send("GET", f"{path}{sign}limit=200{cursor}")
        page = msgspec.json.decode(heard.body)
        for item in page["items"]:
            yield item
        if not page.get("next"):
            return
        cursor = f"&cursor={page['next']}"


async def settled(vendor: Vendor) -> float:
    """Wait until no delivery waits to be understood, and return the seconds that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() < began + SETTLED_S:
        heard = await vendor.send("GET", "/api/inbound?state=received&limit=1")
        if not msgspec.json.decode(heard.body)["items"]:
            break
        await asyncio.sleep(0.5)
    return loop.time() - began


async def prove(vendor: Vendor, sent: Sent, mark: str) -> Proof:
    """Read contacts, messages and histories, and hold them against ``sent``."""
    proof = Proof()
    names: Counter[str] = Counter()
    async for contact in listed(vendor, "/api/contacts?fields=id,last_name"):
        if str(contact["last_name"] or "").startswith(f"{mark}-"):
            names[contact["last_name"]] += 1
    proof.compare("contact", names, sent.created, sent.tried_to_create)

    texts: Counter[str] = Counter()
    senders: Counter[str] = Counter()
    async for conversation in listed(vendor, "/api/conversations"):
        senders[conversation["contact"]["id"]] += 1
        async for message in listed(vendor, f"/api/conversations/{conversation['id']}/messages"):
            if message["kind"] == "inbound" and message["text"].startswith(f"{mark}-"):
                texts[message["text"]] += 1
    proof.compare("message", texts, sent.written, sent.tried_to_write)
    proof.duplicated += [
        f"conversation of contact {id} × {times}" for id, times in senders.items() if times > 1
    ]

    for order in sent.orders:
        heard = await vendor.send("GET", f"/api/contacts/{order.id}")
        step = msgspec.json.decode(heard.body)["custom"].get("step", 0)
        last = order.acknowledged[-1] if order.acknowledged else 0
        if not last <= step <= order.wanted:
            proof.lost.append(f"order {order.id}: {last} acknowledged, {step} stored")
        steps = await _steps(vendor, order.id)
        proof.read += len(steps)
        proof.lost += [f"order {order.id}, change {n}" for n in order.acknowledged if n not in steps]
        proof.duplicated += [
            f"order {order.id}, change {n} × {times}" for n, times in Counter(steps).items() if times > 1
        ]
        if steps != sorted(steps):
            proof.misplaced.append(f"order {order.id}: {steps}")
    return proof


async def _steps(vendor: Vendor, id: str) -> list[int]:
    """Return the numbers of the changes of one order, the oldest first."""
    heard = await vendor.send("GET", f"/api/contacts/{id}/history?limit=200")
    steps = []
    for entry in msgspec.json.decode(heard.body)["items"]:
        change = entry.get("changes", {}).get("custom.step")
        if change is not None:
            steps.append(int(change[1]))
    return steps[::-1]
