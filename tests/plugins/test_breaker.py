"""The breaker: three failures in a row, thirty seconds, one trial."""

from crmcore.plugins.breaker import Breaker


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def failing(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.refused_for() is None
        breaker.failed()


def test_failures_that_are_not_in_a_row_open_nothing() -> None:
    breaker = Breaker(Seconds())

    failing(breaker, 2)
    breaker.succeeded()
    failing(breaker, 2)

    assert breaker.refused_for() is None
    assert not breaker.is_open


def test_three_in_a_row_refuse_calls_for_thirty_seconds() -> None:
    seconds = Seconds()
    breaker = Breaker(seconds)

    failing(breaker, 3)
    seconds.now = 10

    assert breaker.is_open
    assert breaker.refused_for() == 20


def test_after_the_pause_one_call_is_tried_while_others_wait() -> None:
    seconds = Seconds()
    breaker = Breaker(seconds)
    failing(breaker, 3)
    seconds.now = 30

    assert breaker.refused_for() is None
    assert breaker.refused_for() == 1
    breaker.succeeded()

    assert not breaker.is_open
    assert breaker.refused_for() is None
    assert breaker.refused_for() is None


def test_a_trial_that_was_given_up_lets_the_next_one_try() -> None:
    seconds = Seconds()
    breaker = Breaker(seconds)
    failing(breaker, 3)
    seconds.now = 31

    assert breaker.refused_for() is None
    breaker.cancelled()

    assert breaker.refused_for() is None
    breaker.failed()
    assert breaker.refused_for() == 30
