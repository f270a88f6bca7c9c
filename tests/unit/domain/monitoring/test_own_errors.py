"""A candidate is accused of errors that the champion does not make in the same hours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.evidence.counts import Split
from sluice.domain.evidence.finding import Verdict
from sluice.domain.evidence.rules import Rules
from sluice.domain.monitoring.own_errors import own_errors

RULES = Rules()


def test_one_that_is_wrong_half_as_often_again_is_accused_with_numbers() -> None:
    found = own_errors([Split(400, 180, 900, 260), Split(400, 180, 900, 260)], RULES)

    assert (found.verdict, found.rows) == (Verdict.FAIL, 800)
    assert found.reason.startswith(
        "wrong: 360 of 800 labelled answers (45.0%), 520 of 1,800 of the champion's (28.9%) in the same hours: worse "
        "than 1 times the champion (odds of harm "
    )


def test_a_hard_hour_that_both_have_is_nobodys_doing() -> None:
    hours = [Split(900, 180, 100, 20), Split(100, 50, 900, 450)]  # 23 % and 47 %: the weights moved with the hours
    back = [Split(100, 20, 900, 180), Split(900, 450, 100, 50)]  # 47 % and 23 %

    assert [own_errors(each, RULES).verdict for each in (hours, back)] == [Verdict.PASS, Verdict.PASS]


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ([], "0 labels of the candidate and 0 of the champion"),
        ([Split(500, 400, 0, 0), Split(0, 0, 500, 10)], "0 labels of the candidate"),
        ([Split(99, 90, 900, 90)], "99 labels of the candidate and 900 of the champion in the same hours, 100 needed"),
    ],
    ids=["none", "never together", "too few"],
)
def test_without_labels_of_both_nothing_is_said(hours: list[Split], told: str) -> None:
    found = own_errors(hours, RULES)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert told in found.reason


def test_a_margin_of_the_plan_is_allowed() -> None:
    hours = [Split(8000, 2000, 8000, 1600)]

    assert own_errors(hours, RULES).verdict is Verdict.FAIL
    assert own_errors(hours, Rules(rollback_ratio=1.2, promote_ratio=1.5)).verdict is Verdict.PASS


def test_few_errors_accuse_nobody_however_sure_they_seem() -> None:
    assert own_errors([Split(100, 4, 1_000_000, 1)], RULES).verdict is Verdict.PASS


@given(st.integers(0, 2**32 - 1), st.floats(0.02, 0.5))
def test_the_order_of_hours_changes_nothing(seed: int, rate: float) -> None:
    random = np.random.default_rng(seed)
    hours = [Split(200, int(random.binomial(200, rate)), 300, int(random.binomial(300, rate))) for _ in range(5)]

    assert own_errors(hours, RULES) == own_errors(hours[::-1], RULES)
