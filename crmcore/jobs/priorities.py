"""Which jobs of a lane go first."""

from crmcore.contracts.jobs import Priority

RANKS: dict[Priority, int] = {"high": 0, "normal": 1, "low": 2}
NAMES: dict[int, Priority] = {rank: name for name, rank in RANKS.items()}
