"""Webhooks that come all at once, a third of them twice, in no order."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from benchmarks.field_bar.figures import Figures
from benchmarks.field_bar.proof import Proof, listed, settled
from benchmarks.field_bar.vendor import Failed, Vendor
from crmcore.clock import utc_now

SENDERS = 100


def webhooks(count: int, mark: str) -> list[dict[str, Any]]:
    """Return ``count`` deliveries, a third of them repeats of others, shuffled; ``sent_at`` tells their order."""
    chance = random.Random(5)
    began = utc_now() - timedelta(days=1)
    unique = [
        {
            "delivery_key": f"{mark}-{number}",
            "from": {"email": f"{mark}{number % SENDERS}@storm.example", "name": f"Storm {number % SENDERS}"},
            "text": f"{mark}-{number}",
            "sent_at": (began + timedelta(seconds=number)).isoformat(),
        }
        for number in range(count - count // 3)
    ]
    sent = unique + chance.choices(unique, k=count // 3)
    chance.shuffle(sent)
    return sent


async def storm(vendor: Vendor, count: int, seconds: float, mark: str) -> tuple[Figures, Proof, float]:
    """Send the storm within ``seconds``; return its figures, the proof, and how long until all was understood."""
    figures, proof = Figures(f"storm of {count:,} in {seconds:.0f} s"), Proof()
    loop = asyncio.get_running_loop()
    acknowledged: set[str] = set()
    deliveries = webhooks(count, mark)

    async def one(document: Mapping[str, Any], due: float) -> None:
        try:
            await vendor.send("POST", "/api/channels/bar/inbound", document, due=due, figures=figures)
        except Failed:
            return
        acknowledged.add(document["delivery_key"])

    began = loop.time()
    tasks = []
    for number, document in enumerate(deliveries):
        due = began + number * seconds / count
        if (wait_s := due - loop.time()) > 0:
            await asyncio.sleep(wait_s)
        tasks.append(asyncio.create_task(one(document, due)))
    await asyncio.gather(*tasks)
    figures.seconds = loop.time() - began
    tried = {document["delivery_key"] for document in deliveries}
    understood_s = figures.seconds + await settled(vendor)
    await _read_back(vendor, proof, acknowledged, tried, mark)
    return figures, proof, understood_s


async def _read_back(
    vendor: Vendor, proof: Proof, acknowledged: set[str], tried: set[str], mark: str
) -> None:
    texts: Counter[str] = Counter()
    conversations: dict[str, int] = defaultdict(int)
    async for conversation in listed(vendor, "/api/conversations"):
        numbers = []
        async for message in listed(vendor, f"/api/conversations/{conversation['id']}/messages"):
            if message["kind"] == "inbound" and message["text"].startswith(f"{mark}-"):
                texts[message["text"]] += 1
                numbers.append(int(message["text"].removeprefix(f"{mark}-")))
        if not numbers:
            continue
        conversations[conversation["contact"]["id"]] += 1
        if numbers not in (sorted(numbers), sorted(numbers, reverse=True)):
            proof.misplaced.append(f"conversation {conversation['number']}: {numbers}")
        if len({number % SENDERS for number in numbers}) > 1:
            proof.misplaced.append(f"conversation {conversation['number']} of several senders")
    proof.compare("message", texts, acknowledged, tried)
    proof.duplicated += [
        f"conversation of contact {id} × {times}" for id, times in conversations.items() if times > 1
    ]
