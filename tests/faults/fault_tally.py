"""What was injected and looked at: a module of its own, since a run of several folders has several conftests."""

import os
from collections.abc import Callable

FULL = os.environ.get("CRMCORE_FAULTS") == "full"


class Tally:
    """What a test has injected and looked at, told to the summary: ``tally(what, engine, count, …)``."""

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self._record = record

    def __call__(self, what: str, engine: str, count: int, *, examined: int = 0, looked: int = 0) -> None:
        self._record("fault", f"{what}|{engine}|{count}|{examined}|{looked}")
