"""How long do two calls take beside each other? In turns, so that what else the machine does meets both."""

from collections.abc import Callable

from sluice.domain.gate.cost import LEAST_ROUNDS

Run = Callable[[], object]
Clock = Callable[[], float]
"""Seconds since whenever."""

_PATIENCE_SECONDS = 4.0
_WARM_UP = 2


def take_turns(one: Run, other: Run, rounds: int, clock: Clock) -> tuple[list[float], list[float]]:
    """Seconds of each call; who begins changes from round to round. Slow calls have fewer rounds."""
    for _ in range(_WARM_UP):
        one(), other()
    times: tuple[list[float], list[float]] = ([], [])
    began = clock()
    for turn in range(rounds):
        for which, call in ((0, one), (1, other))[:: 1 if turn % 2 else -1]:
            started = clock()
            call()
            times[which].append(clock() - started)
        if turn + 1 >= LEAST_ROUNDS and clock() - began > _PATIENCE_SECONDS:
            break
    return times
