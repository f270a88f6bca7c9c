from typing import Any

import pytest

from sluice.cli.target import UsageProblem
from sluice.cli.wait import is_answered, wait_until_obeyed
from sluice.domain.rollout.rollout import Command, Phase, Position, Rollout, Verb
from tests.builders import Clock
from tests.unit.cli.rollouts import PROGRESSING, T0, a_rollout

ABORT = Command(Verb.ABORT, "ada", "wrong labels", T0)


def reading(*rollouts: Rollout) -> Any:
    """Gives these, one a look, and the last one for ever."""
    left = list(rollouts)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def under_way(**changes: Any) -> Rollout:
    return a_rollout(**{**PROGRESSING, **changes})


def test_an_abort_is_in_effect_when_the_traffic_is_back_whatever_is_left_to_tidy_up() -> None:
    clock, asked = Clock(), list[float]()
    back = under_way(position=Position.RETURNING, is_settled=True)
    looks = [under_way(command=ABORT), under_way(position=Position.RETURNING, is_settled=False), back]

    found = wait_until_obeyed(
        Verb.ABORT, reading(*looks), look=lambda: asked.append(clock()), sleep=clock.sleep, patience_seconds=10
    )

    assert found is back
    assert len(asked) == len(clock.slept) == 2


@pytest.mark.parametrize(
    ("verb", "rollout", "answered"),
    [
        (Verb.ABORT, a_rollout(phase=Phase.ABORTED, position=Position.DONE), True),
        (Verb.ABORT, under_way(position=Position.RETIRING, slots={"champion": "1"}, is_settled=False), True),
        (Verb.ABORT, under_way(position=Position.RESTORING, is_settled=False), False),
        (Verb.PAUSE, under_way(command=ABORT), False),
        (Verb.PAUSE, under_way(), True),
        (Verb.PAUSE, under_way(phase=Phase.PAUSED), True),
        (Verb.PAUSE, under_way(phase=Phase.SUCCEEDED), True),
        (Verb.RESUME, under_way(command=ABORT), False),
        (Verb.PROMOTE, under_way(), True),
    ],
)
def test_a_command_is_answered_when_what_it_asks_for_is_so(verb: Verb, rollout: Rollout, *, answered: bool) -> None:
    assert is_answered(verb, rollout) is answered


def test_patience_ends_with_what_is_recorded_and_where_to_look() -> None:
    clock = Clock()

    with pytest.raises(UsageProblem, match=r"abort is recorded, but not in effect after 3 s .*rollout watch"):
        wait_until_obeyed(
            Verb.ABORT,
            reading(under_way(command=ABORT)),
            look=lambda: None,
            sleep=clock.sleep,
            patience_seconds=3,
        )

    assert sum(clock.slept) == 4
