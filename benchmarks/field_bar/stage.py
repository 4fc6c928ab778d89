"""One stage: a rate, held through calm, a rolling restart, a database restart and a hung plugin."""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import Struct

from benchmarks.field_bar.connection import Connections
from benchmarks.field_bar.events import prove_events
from benchmarks.field_bar.figures import Figures
from benchmarks.field_bar.place import Place
from benchmarks.field_bar.proof import Proof, prove, settled
from benchmarks.field_bar.sent import Sent
from benchmarks.field_bar.traffic import Traffic
from benchmarks.field_bar.vendor import Vendor

Event = Callable[[], Awaitable[None]]


class Staged(Struct):
    """What came of a stage."""

    phases: list[Figures]
    overall: Figures
    proof: Proof


async def run_stage(
    place: Place,
    token: str,
    sent: Sent,
    mark: str,
    times: float,
    seconds: float,
    told: Callable[[str], None],
    *,
    brief: bool = False,
) -> Staged:
    """Send ``times`` the field bar for ``seconds`` in each phase, then read everything back.

    ``brief`` leaves out what takes its time and shows little: the calm, and a plain restart beside a kill.
    """
    connections = Connections(place.port)
    vendor = Vendor(connections, token)
    traffic = Traffic(vendor, sent, mark)
    phases = []
    overall = Figures("overall")
    chosen = [phase for phase in _phases(place, seconds) if not (brief and phase[0] in ("calm", "restart"))]
    for name, event in chosen:
        told(f"{mark}: {name}")
        figures = Figures(name)
        happening = asyncio.create_task(event())
        await traffic.run(figures, times, seconds)
        await happening
        phases.append(figures)
        overall.add(figures)
    told(f"{mark}: reading everything back")
    await settled(vendor)
    proof = await prove(vendor, sent, mark)
    await prove_events(place.events, sent, proof)
    connections.close()
    return Staged(phases, overall, proof)


def _phases(place: Place, seconds: float) -> list[tuple[str, Event]]:
    """Return what happens in each phase; it begins when a fifth of the phase is over."""

    async def nothing() -> None:
        """Let it run."""

    def later(event: Event) -> Event:
        async def happens() -> None:
            await asyncio.sleep(seconds / 5)
            await event()

        return happens

    async def jam() -> None:
        place.jam(hangs=True)
        await asyncio.sleep(seconds * 0.6)
        place.jam(hangs=False)

    restarts = (
        [("rolling restart", later(place.renew)), ("database restart", later(place.restart_database))]
        if place.postgres is not None
        else [("restart", later(place.renew)), ("kill -9", later(place.kill))]
    )
    return [("calm", nothing), *restarts, ("hung plugin", later(jam))]
