"""What the plugin ``witness`` heard: every event that followed from what was acknowledged, in order per record."""

import asyncio
import time
from collections import Counter, defaultdict
from pathlib import Path

from benchmarks.field_bar.proof import Proof
from benchmarks.field_bar.sent import Sent

PATIENCE_S = 90.0
"""Deliveries to plugins are done after the answer; so long the last ones may take."""


async def prove_events(file: Path, sent: Sent, proof: Proof) -> None:
    """Add to ``proof`` what the plugin was not told, was told twice, or in another order."""
    wanted = {(order.id, number) for order in sent.orders for number in order.acknowledged}
    end = time.monotonic() + PATIENCE_S
    while True:
        heard, events, others = _read(file)
        missing = wanted - {(id, step) for id, steps in heard.items() for step in steps}
        short = max(0, len(sent.created) - others["contact_created"])
        unheard = max(0, len(sent.written) - others["message_received"])
        if not (missing or short or unheard) or time.monotonic() > end:
            break
        await asyncio.sleep(0.5)
    proof.read += sum(events.values())
    proof.lost += [f"event of order {id}, change {number}" for id, number in sorted(missing)]
    proof.lost += [f"{short} events contact_created"] * bool(short)
    proof.lost += [f"{unheard} events message_received"] * bool(unheard)
    # At least once is what plugins are promised, and that the event's id tells: repeats are counted, not blamed.
    proof.repeated += sum(times - 1 for times in events.values())
    for id, steps in heard.items():
        firsts = list(dict.fromkeys(steps))
        if firsts != sorted(firsts):
            proof.misplaced.append(f"events of order {id}: {firsts}")


def _read(file: Path) -> tuple[dict[str, list[int]], Counter[str], Counter[str]]:
    heard: dict[str, list[int]] = defaultdict(list)
    events: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for line in file.read_text(encoding="utf-8").splitlines():
        name, event, record, *step = line.split(" ")
        events[event] += 1
        if step and step[0]:
            heard[record].append(int(step[0]))
        elif events[event] == 1:
            others[name] += 1
    return heard, events, others
