"""Alarms over time: what the metrics, other alarms and people do to their states."""

import json
from datetime import timedelta
from typing import Any

import pytest

from local_cloud.alarms.history import Happening, Wanted
from local_cloud.alarms.state import AlarmRefused
from local_cloud.metrics.samples import Samples
from local_cloud.metrics.store import Metric
from tests.unit.local_cloud.alarm_builders import ALARM, ERRORS, MINUTE, NOON, OK, TOPIC, Watched, a_ratio


def test_a_new_alarm_leaves_insufficient_data_at_its_first_evaluation() -> None:
    watched = Watched()
    alarm = watched.put()

    watched.look(1)

    assert watched.told == ["errors INSUFFICIENT_DATA>OK"]
    assert watched.changes[0].before.reason == "Unchecked: Initial alarm creation"
    assert alarm.standing.reason.startswith("Threshold Crossed: no datapoints were received for 2 periods")


def test_an_alarm_goes_up_and_down_with_its_metric() -> None:
    watched = Watched()
    watched.put()
    for minute, value in enumerate((0.0, 0.0, 1.0, 1.0, 0.0)):
        watched.errors(minute, value)
        watched.look(minute + 1)

    assert watched.told == ["errors INSUFFICIENT_DATA>OK", "errors OK>ALARM", "errors ALARM>OK"]
    assert [change.after.at for change in watched.changes] == [
        NOON + minute * MINUTE + timedelta(seconds=10) for minute in (1, 4, 5)
    ]
    assert "2 out of the last 2 datapoints [1.0 (21/11/26 12:03:00), 1.0 (21/11/26 12:02:00)] were greater than" in (
        watched.changes[1].after.reason
    )


def test_the_minute_under_way_does_not_count() -> None:
    watched = Watched()
    watched.put(EvaluationPeriods=1)
    watched.errors(0, 1.0)

    watched.look(0.5)
    before = watched.told
    watched.look(1)

    assert before == ["errors INSUFFICIENT_DATA>OK"]
    assert watched.told[-1] == "errors OK>ALARM"


def test_an_alarm_with_a_short_period_is_evaluated_every_ten_seconds() -> None:
    watched = Watched()
    watched.put(Period=10, EvaluationPeriods=1)
    watched.store.put(ERRORS, Samples.of([1.0]), at=NOON, resolution=1)

    watched.look(0.1)  # 16 seconds after noon
    assert watched.told == ["errors INSUFFICIENT_DATA>ALARM"]


def test_a_metric_without_data_puts_an_alarm_back_to_insufficient_data() -> None:
    watched = Watched()
    watched.put(TreatMissingData=None)
    for minute in range(2):
        watched.errors(minute, 0.0)
    for minute in range(1, 7):
        watched.look(minute)

    assert watched.told == ["errors INSUFFICIENT_DATA>OK", "errors OK>INSUFFICIENT_DATA"]


def test_an_expression_without_traffic_is_neither_healthy_nor_a_breach() -> None:
    watched = Watched()
    requests = Metric(ERRORS.namespace, "N", ERRORS.dimensions)
    watched.put(**a_ratio(EvaluationPeriods=1, TreatMissingData="ignore"))
    watched.errors(0, 1.0, 0.0)
    watched.store.put(requests, Samples.of([1.0], [2.0]), at=NOON)

    for minute in range(1, 9):
        watched.look(minute)

    assert watched.told == ["errors INSUFFICIENT_DATA>ALARM"]
    assert "[0.5 (21/11/26 12:00:00)]" in watched.changes[0].after.reason


def test_a_percentile_of_too_few_samples_changes_nothing_when_told_so() -> None:
    watched = Watched()
    few: dict[str, Any] = {"Statistic": None, "ExtendedStatistic": "p90", "EvaluateLowSampleCountPercentile": "ignore"}
    watched.put(**few, EvaluationPeriods=1)
    watched.errors(0, *[1.0] * 99)
    watched.errors(1, *[1.0] * 100)

    watched.look(1)
    assert watched.told == []
    watched.look(2)
    assert watched.told == ["errors INSUFFICIENT_DATA>ALARM"]


def test_an_alarm_waits_for_its_warm_up_or_for_enough_data() -> None:
    watched = Watched()
    watched.put("waits", WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 3})
    full = {"WarmUpPeriodDurationInMinutes": 4, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True}
    watched.put("waits-long", WarmUpConfiguration=full)
    for minute in range(4):
        watched.errors(minute, 0.0)
        watched.look(minute + 1)

    assert watched.told == ["waits INSUFFICIENT_DATA>OK", "waits-long INSUFFICIENT_DATA>OK"]
    assert [change.after.at.minute for change in watched.changes] == [2, 4]


def test_a_state_set_by_hand_lasts_until_the_next_evaluation() -> None:
    watched = Watched()
    alarm = watched.put()
    watched.look(1)

    watched.set(alarm, ALARM)
    watched.look(1.4)
    lasting = alarm.standing.state
    watched.look(2)

    assert lasting is ALARM
    assert watched.told[1:] == ["errors OK>ALARM", "errors ALARM>OK"]


def test_an_update_keeps_the_state_and_is_evaluated_anew() -> None:
    watched = Watched()
    alarm = watched.put()
    watched.errors(0, 0.5)
    watched.errors(-1, 0.5)
    watched.look(1)

    watched.put(Threshold=0.9)
    kept = alarm.standing.state
    watched.look(1.2)

    assert kept is ALARM
    assert watched.told[-1] == "errors ALARM>OK"


def test_a_composite_alarm_follows_its_children_at_once() -> None:
    watched = Watched()
    first, second = watched.put("first"), watched.put("second")
    composite = watched.compose("slot", 'ALARM("first") OR ALARM("second")')

    watched.set(second, ALARM)
    watched.set(first, ALARM)
    watched.set(second, OK)
    watched.set(first, OK)

    assert [one for one in watched.told if one.startswith("slot")] == [
        "slot INSUFFICIENT_DATA>OK",
        "slot OK>ALARM",
        "slot ALARM>OK",
    ]
    created, risen, _ = [change for change in watched.changes if change.configuration.name == "slot"]
    assert created.after.reason == f"{composite.alarm_arn} was created and its alarm rule evaluates to OK"
    assert risen.after.reason == f"{second.alarm_arn} transitioned to ALARM at Saturday 21 November, 2026 12:00:00 UTC"
    triggering = json.loads(risen.after.reason_data or "")["triggeringAlarms"]
    assert triggering[1] == {
        "arn": second.alarm_arn,
        "state": {"value": "ALARM", "timestamp": "2026-11-21T12:00:00.000+0000"},
    }


def test_composite_alarms_on_composite_alarms_end_even_in_a_circle() -> None:
    watched = Watched()
    leaf = watched.put("leaf")
    watched.compose("a", "ALARM(leaf)")
    watched.compose("b", "ALARM(a)")
    watched.compose("a", "ALARM(leaf) OR NOT ALARM(b)")

    watched.set(leaf, ALARM)

    assert {alarm.name for alarm in watched.book.alarms()} == {"leaf", "a", "b"}


def test_a_composite_alarm_needs_its_children_and_keeps_them() -> None:
    watched = Watched()
    with pytest.raises(AlarmRefused, match="do not exist"):
        watched.compose("slot", "ALARM(errors)")
    watched.put()
    watched.compose("slot", "ALARM(errors)")

    with pytest.raises(AlarmRefused, match="slot depends on it"):
        watched.book.delete(["errors"], now=NOON)
    watched.book.delete(["slot", "errors", "unknown"], now=NOON)

    assert watched.book.alarms() == []


def test_one_composite_alarm_is_deleted_at_a_time_and_a_name_keeps_its_kind() -> None:
    watched = Watched()
    watched.compose("a", "TRUE")
    watched.compose("b", "TRUE")

    with pytest.raises(AlarmRefused, match="one composite"):
        watched.book.delete(["a", "b"], now=NOON)
    with pytest.raises(AlarmRefused, match="another kind"):
        watched.put("a")


def test_actions_happen_on_entering_a_state_when_they_are_enabled() -> None:
    watched = Watched()
    alarm = watched.put()

    watched.set(alarm, ALARM)
    watched.book.switch_actions(["errors"], enabled=False)
    watched.set(alarm, OK)
    watched.set(alarm, ALARM)

    assert [change.actions for change in watched.acted] == [[TOPIC], [], []]
    assert alarm.describe()["ActionsEnabled"] is False


def test_the_history_survives_the_alarm() -> None:
    watched = Watched()
    alarm = watched.put()
    watched.set(alarm, ALARM)
    watched.book.delete(["errors"], now=watched.now + MINUTE)

    items = watched.book.history.find(Wanted("errors"), newest_first=False)
    changes = watched.book.history.find(Wanted(happening=Happening.STATE, until=NOON))

    assert [item.summary for item in items] == [
        'Alarm "errors" created',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        'Alarm "errors" deleted',
    ]
    assert json.loads(changes[0].data)["newState"] == {"stateValue": "ALARM", "stateReason": "by hand"}
    assert watched.book.history.find(Wanted(since=NOON + 2 * MINUTE)) == []
