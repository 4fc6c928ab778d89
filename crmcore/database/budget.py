"""How long a statement may keep the event loop."""

from time import perf_counter, thread_time

BUDGET_S = 0.005
MOST_S = 0.05


class Budget:
    """Five milliseconds of processor time, however long the machine makes the thread wait for them; 50 in any case.

    Asking for the processor's time can cost more than a short read, so the clock on the wall is asked first.
    """

    def __init__(self) -> None:
        self._until = self._latest = 0.0
        self._cpu: float | None = None

    def start(self) -> None:
        """Begin."""
        now = perf_counter()
        self._until, self._latest, self._cpu = now + BUDGET_S, now + MOST_S, None

    def over(self) -> bool:
        """Tell whether it is spent."""
        now = perf_counter()
        if now < self._until:
            return False
        if now > self._latest:
            return True
        cpu = thread_time()
        if self._cpu is not None and cpu - self._cpu >= BUDGET_S / 2:
            return True
        if self._cpu is None:
            self._cpu = cpu
        self._until = now + BUDGET_S / 2
        return False
