import doctest

from sluice.domain.training import refusal


def test_a_verdict_is_told_apart_from_what_could_not_be_judged() -> None:
    assert doctest.testmod(refusal).failed == 0
    assert refusal.is_verdict("the gate stopped version 2 for slice why cannot be judged: late: 3 % worse")
