"""Metric alarms: AWS's own tables of missing data, comparisons, and the sentences with the numbers."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.alarms.evaluation import Criterion, Judgement, judge
from local_cloud.alarms.reason import data_of, reason_of
from local_cloud.alarms.state import AlarmState, Comparison, MissingData

OK, ALARM, NONE = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA
SAME = None
POINTS = {"0": 1.0, "X": 9.0, "-": None}


def a_criterion(enough: int = 3, missing: MissingData = MissingData.MISSING, periods: int = 3) -> Criterion:
    return Criterion(Comparison.GREATER, 5.0, periods, enough, missing)


def state_of(points: str, criterion: Criterion) -> AlarmState | None:
    return judge([POINTS[point] for point in points.split()], criterion).state


@pytest.mark.parametrize(
    ("points", "enough", "expected"),
    [
        # "How alarm state is evaluated when data is missing": 3 out of 3; missing, ignore, breaching, notBreaching.
        ("0 - X - X", 3, (OK, OK, OK, OK)),
        ("0 - - - -", 3, (OK, OK, OK, OK)),
        ("- - - - -", 3, (NONE, SAME, ALARM, OK)),
        ("0 X X - X", 3, (ALARM, ALARM, ALARM, ALARM)),
        ("- - X - -", 3, (ALARM, SAME, ALARM, OK)),
        # The same, 2 out of 3.
        ("0 - X - X", 2, (ALARM, ALARM, ALARM, ALARM)),
        ("0 0 X 0 X", 2, (ALARM, ALARM, ALARM, ALARM)),
        ("0 - X - -", 2, (OK, OK, ALARM, OK)),
        ("- - - - 0", 2, (OK, OK, ALARM, OK)),
        ("- - - X -", 2, (ALARM, SAME, ALARM, OK)),
        # "Avoiding premature transitions to alarm state": not yet.
        ("- - - - X", 3, (OK, SAME, ALARM, OK)),
        ("- - - X -", 3, (OK, SAME, ALARM, OK)),
    ],
)
def test_missing_data_put_an_alarm_where_the_guides_tables_say(
    points: str, enough: int, expected: tuple[AlarmState | None, ...]
) -> None:
    found = tuple(state_of(points, a_criterion(enough, missing)) for missing in MissingData)

    assert found == expected


@pytest.mark.parametrize(
    ("comparison", "breached"),
    [
        (Comparison.GREATER, [False, False, True]),
        (Comparison.GREATER_OR_EQUAL, [False, True, True]),
        (Comparison.LESS, [True, False, False]),
        (Comparison.LESS_OR_EQUAL, [True, True, False]),
    ],
)
def test_each_comparison_takes_the_threshold_in_or_leaves_it_out(comparison: Comparison, breached: list[bool]) -> None:
    criterion = Criterion(comparison, 2.0, 1, 1, MissingData.MISSING)

    assert [criterion.is_breached(value) for value in (1.0, 2.0, 3.0)] == breached


@given(st.lists(st.sampled_from([0.0, 9.0]), min_size=3, max_size=5), st.sampled_from(list(MissingData)))
def test_without_gaps_the_latest_points_decide_whatever_missing_data_mean(
    points: list[float], missing: MissingData
) -> None:
    judgement = judge(points, a_criterion(2, missing))

    assert judgement.state is (ALARM if sum(point > 5 for point in points[-3:]) >= 2 else OK)
    assert judgement.filled == 0


def test_the_reason_names_the_data_points_and_the_threshold() -> None:
    judgement = Judgement(ALARM, (2, 3, 4), 0)
    points = [(1_570_035_540, 1.0), (1_570_035_600, 7.5), (1_570_035_660, 9.0)]

    reason = reason_of(judgement, points, a_criterion(2), OK)

    assert reason == (
        "Threshold Crossed: 2 out of the last 3 datapoints [9.0 (02/10/19 17:01:00), 7.5 (02/10/19 17:00:00)] were "
        "greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )


def test_the_reason_of_a_recovery_says_what_was_not_crossed() -> None:
    criterion = a_criterion(1, periods=1)

    reason = reason_of(Judgement(OK, (0,), 0), [(1_570_035_540, 0.25)], criterion, ALARM)

    assert reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [0.25 (02/10/19 16:59:00)] was not greater than the "
        "threshold (5.0) (minimum 1 datapoint for ALARM -> OK transition)."
    )


@pytest.mark.parametrize(
    ("missing", "state", "words"),
    [
        (MissingData.MISSING, NONE, "Insufficient Data: 3 datapoints were unknown."),
        (MissingData.BREACHING, ALARM, "3 missing datapoints were treated as [Breaching]."),
        (MissingData.NOT_BREACHING, OK, "3 missing datapoints were treated as [NonBreaching]."),
    ],
)
def test_the_reason_tells_that_nothing_was_received(missing: MissingData, state: AlarmState, words: str) -> None:
    assert reason_of(Judgement(state, (), 3), [], a_criterion(missing=missing), NONE).endswith(words)


def test_a_reason_with_gaps_says_how_they_were_filled() -> None:
    criterion = a_criterion(missing=MissingData.BREACHING)

    reason = reason_of(Judgement(ALARM, (4,), 2), [(1_570_035_540, 9.0)], criterion, OK)

    assert "2 missing datapoints were treated as [Breaching]" in reason


def test_the_reason_data_hold_the_same_numbers() -> None:
    now = datetime(2019, 10, 2, 17, 4, 40, 985_000, UTC)

    told = json.loads(
        data_of([(1_570_035_540, 99.5)], a_criterion(), period=300, now=now, statistic="Average", unit=None)
    )

    assert told == {
        "version": "1.0",
        "queryDate": "2019-10-02T17:04:40.985+0000",
        "startDate": "2019-10-02T16:59:00.000+0000",
        "statistic": "Average",
        "period": 300,
        "recentDatapoints": [99.5],
        "threshold": 5.0,
        "evaluatedDatapoints": [{"timestamp": "2019-10-02T16:59:00.000+0000", "value": 99.5}],
    }
