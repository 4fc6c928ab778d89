"""What a phase came to."""

from collections import Counter

from msgspec import Struct, field


class Figures(Struct):
    """Requests of one phase. ``failed`` never succeeded; ``times_ms`` run from the moment each was to be sent."""

    name: str
    seconds: float = 0.0
    sent: int = 0
    failed: int = 0
    tries: int = 0
    first_tries_failed: int = 0
    times_ms: list[float] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Return the milliseconds within which this share of the requests was done."""
        ordered = sorted(self.times_ms)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0

    def add(self, other: "Figures") -> None:
        """Take another phase in."""
        self.seconds += other.seconds
        self.sent += other.sent
        self.failed += other.failed
        self.tries += other.tries
        self.first_tries_failed += other.first_tries_failed
        self.times_ms += other.times_ms
        self.refusals += other.refusals
        self.errors += other.errors

    def line(self) -> str:
        """Return a row of the table."""
        refusals = ", ".join(f"{count} × {what}" for what, count in sorted(self.refusals.items())) or "–"
        return (
            f"| {self.name} | {self.sent:,} | {self.sent / max(self.seconds, 0.001):.0f}/s | {self.failed} "
            f"| {self.first_tries_failed} | {self.percentile(0.5):.0f} | {self.percentile(0.95):.0f} "
            f"| {self.percentile(0.99):.0f} | {refusals} |"
        )


HEADS = (
    "| phase | sent | rate | failed | tried again | p50 ms | p95 ms | p99 ms | first answers that were none |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|---|"
)
