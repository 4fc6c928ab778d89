"""How long a failed job waits before it is tried again."""

from random import SystemRandom

FIRST_S = 5.0
FACTOR = 3.0
LONGEST_S = 3600.0
SPREAD = 0.25

_random = SystemRandom()


def backoff_s(attempt: int, fraction: float | None = None) -> float:
    """Return the seconds to wait after failure number ``attempt``, counted from 1.

    5 s, 15 s, 45 s … up to an hour, so that eight attempts outlast an outage of an hour and a half. Each
    delay is moved by up to a quarter either way, because many jobs that failed together should not come back
    together; ``fraction`` from 0 to 1 chooses the place in that range, at random when it is None.
    """
    place = _random.random() if fraction is None else fraction
    # 20 steps of a factor of 3 are far beyond the cap, and keep the power small for any attempt number.
    delay_s = min(LONGEST_S, FIRST_S * FACTOR ** min(attempt - 1, 20))
    return delay_s * (1 - SPREAD + 2 * SPREAD * place)
