"""When a delivery is tried again, and when it is given up."""

from random import SystemRandom

# The schedule that the Standard Webhooks specification recommends: three days and three hours in all.
WAITS_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_ATTEMPTS = len(WAITS_S) + 1
SPREAD = 0.1
FAILING_DAYS = 5
"""An endpoint that had only failures for so long is paused."""
KEEP_DAYS = 30

_FIRST_HOLD_S, _LONGEST_HOLD_S = 5.0, 300.0
_LONGEST_ASKED_S = 86_400.0
_random = SystemRandom()


def wait_s(attempt: int) -> float:
    """Return the seconds to wait after attempt number ``attempt``, counted from 1, moved by up to a tenth."""
    return WAITS_S[min(attempt, len(WAITS_S)) - 1] * _random.uniform(1, 1 + SPREAD)


def hold_s(failures: int, asked_s: float | None) -> float:
    """Return for how long an endpoint is left alone after ``failures`` attempts in a row that did not get through.

    ``asked_s`` is its own wish (``Retry-After``), granted up to a day.
    """
    own: float = min(_LONGEST_HOLD_S, _FIRST_HOLD_S * 2 ** min(failures - 1, 10))
    return max(own, min(asked_s or 0.0, _LONGEST_ASKED_S))
