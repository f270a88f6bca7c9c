"""Who is told that an alarm changed, in which words, and when nobody is."""

import json

from local_cloud.alarms.change import event_detail, function_event, notification
from local_cloud.alarms.mute import MuteRule
from tests.unit.local_cloud.alarm_builders import ALARM, NOON, OK, TOPIC, Watched, a_ratio


def a_mute(expression: str, duration: str = "PT10M") -> MuteRule:
    schedule = {"Expression": expression, "Duration": duration}
    request = {"Name": "quiet", "Rule": {"Schedule": schedule}, "MuteTargets": {"AlarmNames": ["errors"]}}
    return MuteRule.from_request(request, now=NOON)


def test_muted_actions_happen_after_the_window_if_the_state_is_still_the_same() -> None:
    watched = Watched()
    alarm = watched.put(TreatMissingData="ignore")
    watched.book.put_mute_rule(a_mute("at(2026-11-21T12:00)"))

    watched.set(alarm, ALARM)
    watched.look(5)
    muted = list(watched.acted)
    watched.look(11)
    watched.look(12)

    assert muted == []
    assert [change.after.state for change in watched.acted] == [ALARM]
    assert event_detail(watched.changes[0])["muteDetail"] == {
        "mutedByArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm-mute-rule:quiet",
        "muteWindowStart": "2026-11-21T12:00:00.000+0000",
        "muteWindowEnd": "2026-11-21T12:10:00.000+0000",
    }


def test_muted_actions_of_a_state_that_is_over_do_not_happen() -> None:
    watched = Watched()
    alarm = watched.put(TreatMissingData="ignore")
    watched.book.put_mute_rule(a_mute("at(2026-11-21T12:00)"))

    watched.set(alarm, ALARM)
    watched.set(alarm, OK)
    watched.book.delete_mute_rule("quiet")
    watched.look(1)

    assert watched.acted == []


def test_the_event_of_a_metric_alarm_has_the_documented_shape() -> None:
    watched = Watched()
    watched.put(AlarmDescription="too many", EvaluationPeriods=1, Unit="None")
    watched.errors(0, 1.0)
    watched.look(1)

    detail = event_detail(watched.changes[0])

    assert set(detail) == {"alarmName", "state", "previousState", "configuration"}
    assert (detail["alarmName"], detail["state"]["value"]) == ("errors", "ALARM")
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [1.0]
    assert detail["state"]["timestamp"] == "2026-11-21T12:01:10.000+0000"
    assert detail["previousState"] == {
        "value": "INSUFFICIENT_DATA",
        "reason": "Unchecked: Initial alarm creation",
        "timestamp": "2026-11-21T12:00:00.000+0000",
    }
    assert detail["configuration"]["description"] == "too many"
    (metric,) = detail["configuration"]["metrics"]
    assert metric["returnData"] is True
    assert metric["metricStat"] == {
        "metric": {
            "namespace": "AWS/SageMaker",
            "name": "Invocation5XXErrors",
            "dimensions": {"EndpointName": "flights"},
        },
        "period": 60,
        "stat": "Average",
        "unit": "None",
    }


def test_events_of_expressions_and_rules_show_them() -> None:
    watched = Watched()
    rate = watched.put(**a_ratio())
    composite = watched.compose("slot", "ALARM(errors)")
    watched.set(rate, ALARM)

    details = {change.configuration.name: event_detail(change) for change in watched.changes}

    assert details["errors"]["configuration"]["metrics"][2] == {
        "id": "rate",
        "label": "Error rate",
        "expression": "bad / all",
        "returnData": True,
    }
    assert details["errors"]["configuration"]["metrics"][0]["returnData"] is False
    assert details["slot"]["configuration"] == {"alarmRule": "ALARM(errors)"}
    assert composite.standing.state is ALARM


def test_functions_and_topics_are_told_what_changed() -> None:
    watched = Watched()
    alarm = watched.put()
    watched.compose("slot", "ALARM(errors)", AlarmActions=[TOPIC])
    watched.set(alarm, ALARM)
    of_metric, of_slot = watched.changes[1:]

    subject, message = notification(of_metric)

    assert subject == 'ALARM: "errors" in US East (N. Virginia)'
    assert (message["NewStateValue"], message["Trigger"]["MetricName"]) == ("ALARM", "Invocation5XXErrors")
    assert notification(of_slot)[1]["AlarmRule"] == "ALARM(errors)"
    assert function_event(of_metric)["alarmData"]["state"]["reason"] == "by hand"
    assert function_event(of_metric)["alarmArn"] == alarm.alarm_arn
