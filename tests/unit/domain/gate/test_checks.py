"""Cases that people are sure of, and what a candidate answers to them."""

import numpy as np
import pytest

from sluice.domain.drift.answers import Answers
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.checks import Check, Labelled, Monotone, Unmoved, asked, judge_checks

CLASSES = ("on_time", "late")
ROW = {"origin": "JFK", "temp": 50.0}
LABELLED = Labelled(ROW, "on_time")
UNMOVED = Unmoved(ROW, "origin", ("LGA", "EWR"))
RISING = Monotone(ROW, "temp", (10, 20, 30), "late", tolerance=0.01)
FALLING = Monotone(ROW, "temp", (10, 20, 30), "late", is_rising=False)


def late(*chances: float) -> Answers:
    chance = np.array(chances)
    return Answers.most_probable(np.stack([1 - chance, chance], axis=1))


def judged(check: Check, candidate: Answers, champion: Answers | None = None) -> tuple[Verdict, str]:
    (found,) = judge_checks({"c": check}, candidate, champion or candidate, CLASSES)
    return found.verdict, found.reason


@pytest.mark.parametrize(
    ("check", "answers"),
    [
        (LABELLED, late(0.2)),
        (UNMOVED, late(0.2, 0.3, 0.4)),
        (RISING, late(0.2, 0.195, 0.4)),
        (FALLING, late(0.4, 0.4, 0.2)),
    ],
)
def test_what_is_as_expected_passes(check: Check, answers: Answers) -> None:
    assert judged(check, answers) == (Verdict.PASS, "as expected")


@pytest.mark.parametrize(
    ("check", "answers", "told"),
    [
        (LABELLED, late(0.7), "on_time was expected, late is answered (on_time has 0.300)"),
        (UNMOVED, late(0.2, 0.3, 0.6), "on_time becomes late where origin is EWR"),
        (RISING, late(0.2, 0.1, 0.4), "late falls from 0.200 to 0.100 where temp goes from 10 to 20"),
        (FALLING, late(0.2, 0.1, 0.4), "late rises from 0.100 to 0.400 where temp goes from 20 to 30"),
        (LABELLED, late(np.nan), "on_time was expected, no class is answered (on_time has nan)"),
        (UNMOVED, late(0.2, np.nan, 0.2), "on_time becomes no class where origin is LGA"),
        (UNMOVED, late(np.nan, np.nan, np.nan), "no class is answered"),
        (RISING, late(0.2, np.nan, 0.4), "late falls from 0.200 to nan where temp goes from 10 to 20"),
    ],
)
def test_what_is_not_says_how(check: Check, answers: Answers, told: str) -> None:
    assert judged(check, answers) == (Verdict.FAIL, f"{told}; so does the champion")


def test_a_check_that_only_one_of_both_fails_says_which() -> None:
    assert judged(LABELLED, late(0.7), late(0.2))[1].endswith("(on_time has 0.300)")
    assert judged(LABELLED, late(0.2), late(0.7)) == (Verdict.PASS, "as expected; the champion does not")


def test_all_checks_are_asked_at_once_and_those_that_fail_come_first() -> None:
    checks: dict[str, Check] = {"one": LABELLED, "other": UNMOVED, "third": RISING}

    rows = asked(checks)
    found = judge_checks(checks, late(0.1, 0.1, 0.9, 0.1, 0.1, 0.2, 0.3), late(*[0.1] * 7), CLASSES)

    assert [row["origin"] for row in rows] == ["JFK", "JFK", "LGA", "EWR", "JFK", "JFK", "JFK"]
    assert [row["temp"] for row in rows[-3:]] == [10, 20, 30]
    assert [(each.of, each.verdict) for each in found] == [
        ("other", Verdict.FAIL),
        ("one", Verdict.PASS),
        ("third", Verdict.PASS),
    ]
    assert found[0].rows == 3
