from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from sluice.aws.alarms import Alarms, EndpointAlarms
from sluice.domain.rollout.observed import Alarm

SINCE = datetime(2026, 11, 22, 10, tzinfo=UTC)


def an_alarm(name: str, state: str = "OK", *, heard: bool = True) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "StateValue": state,
        "StateReason": "because",
        "ActionsEnabled": heard,
        "StateTransitionedTimestamp": SINCE,
    }


class Cloudwatch:
    """What CloudWatch says, by one page or more."""

    def __init__(self, stubber: Stubber, alarms: Alarms) -> None:
        self.stubber = stubber
        self._alarms = alarms

    def say(self, *metric: dict[str, Any], composite: tuple[dict[str, Any], ...] = (), more: bool = False) -> None:
        page = {
            "MetricAlarms": list(metric),
            "CompositeAlarms": list(composite),
            **({"NextToken": "2"} if more else {}),
        }
        self.stubber.add_response("describe_alarms", page)

    def mute(self, name: str, *, rules: int) -> None:
        self.stubber.add_response(
            "list_alarm_mute_rules",
            {"AlarmMuteRuleSummaries": [{"Status": "ACTIVE"}] * rules},
            {"AlarmName": name, "Statuses": ["ACTIVE"]},
        )

    def heard(self, endpoint: str = "sluice-flights") -> EndpointAlarms:
        return self._alarms.of(endpoint)


@pytest.fixture
def cloudwatch() -> Iterator[Cloudwatch]:
    client = boto3.client("cloudwatch")
    with Stubber(client) as stubber:
        yield Cloudwatch(stubber, Alarms(client))
        stubber.assert_no_pending_responses()


def test_quiet_alarms_are_seen_by_one_call(cloudwatch: Cloudwatch) -> None:
    asked = {"AlarmNamePrefix": "sluice-flights-", "AlarmTypes": ["CompositeAlarm", "MetricAlarm"], "MaxRecords": ANY}
    page = {"MetricAlarms": [an_alarm("sluice-flights-champion-errors")], "CompositeAlarms": []}
    cloudwatch.stubber.add_response("describe_alarms", page, asked)

    heard = cloudwatch.heard()

    assert heard.firing == ()
    assert heard.guarding == {"champion": ("sluice-flights-champion-errors",)}


def test_a_slot_speaks_by_its_composite_alarm(cloudwatch: Cloudwatch) -> None:
    cloudwatch.say(
        an_alarm("sluice-flights-challenger-errors", "ALARM"),
        an_alarm("sluice-flights-champion-errors", "ALARM"),
        composite=(an_alarm("sluice-flights-challenger", "ALARM"), an_alarm("sluice-flights-champion")),
    )
    cloudwatch.mute("sluice-flights-challenger", rules=0)

    heard = cloudwatch.heard()

    assert heard.firing == (Alarm("sluice-flights-challenger", "challenger", "because"),)
    assert heard.since == {"sluice-flights-challenger": SINCE}


def test_without_a_composite_alarm_the_metric_alarms_speak(cloudwatch: Cloudwatch) -> None:
    cloudwatch.say(an_alarm("sluice-flights-challenger-2-latency", "ALARM"))
    cloudwatch.mute("sluice-flights-challenger-2-latency", rules=0)

    assert [alarm.slot for alarm in cloudwatch.heard().firing] == ["challenger-2"]


def test_alarms_whose_actions_are_switched_off_are_not_heard(cloudwatch: Cloudwatch) -> None:
    cloudwatch.say(composite=(an_alarm("sluice-flights-champion", "ALARM", heard=False),))

    assert cloudwatch.heard().firing == ()


def test_alarms_that_a_rule_mutes_now_are_not_heard(cloudwatch: Cloudwatch) -> None:
    cloudwatch.say(composite=(an_alarm("sluice-flights-champion", "ALARM"),))
    cloudwatch.mute("sluice-flights-champion", rules=1)

    assert cloudwatch.heard().firing == ()


def test_alarms_of_others_whose_names_begin_alike_are_none_of_ours(cloudwatch: Cloudwatch) -> None:
    cloudwatch.say(
        an_alarm("sluice-flights-heartbeat", "ALARM"),
        an_alarm("sluice-flights-2-champion-errors", "ALARM"),
        an_alarm("sluice-flights-champion-temperature", "ALARM"),
    )

    heard = cloudwatch.heard()

    assert (heard.firing, heard.guarding) == ((), {})


def test_all_pages_are_read(cloudwatch: Cloudwatch) -> None:
    cloudwatch.say(an_alarm("sluice-flights-champion-errors"), more=True)
    cloudwatch.say(an_alarm("sluice-flights-shadow-errors", "ALARM"))
    cloudwatch.mute("sluice-flights-shadow-errors", rules=0)

    heard = cloudwatch.heard()

    assert [alarm.slot for alarm in heard.firing] == ["shadow"]
    assert set(heard.guarding) == {"champion", "shadow"}
