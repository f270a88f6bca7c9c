from pathlib import Path

import pytest

from sluice.settings.alarms import Thresholds
from sluice.settings.source import InvalidSettings, parse

MODEL = """\
models:
  flights:
    variants:
      champion: {artifact: build/v1, weight: 100}
"""
TOPIC = "arn:aws:sns:us-east-1:123456789012:pagers"


def test_a_model_is_slow_at_half_its_timeout_unless_sluice_yaml_says_when() -> None:
    assert Thresholds().latency_for(8) == 4000
    assert Thresholds(latency_milliseconds=150).latency_for(8) == 150


@pytest.mark.parametrize("arn", [TOPIC, "arn:aws-cn:sns:cn-north-1:123456789012:pagers"])
def test_a_topic_of_ones_own_is_told(arn: str) -> None:
    assert parse(f"{MODEL}alarms: {{topic_arn: '{arn}'}}\n", Path("sluice.yaml")).alarms.topic_arn == arn


@pytest.mark.parametrize(
    ("alarms", "said"),
    [
        (
            "{topic_arn: pagers}",
            "5: alarms.topic_arn: a topic is named by its ARN, such as arn:aws:sns:us-east-1:1234567",
        ),
        ("{email: on-call}", "5: alarms.email: an address reads name@example.com, got on-call"),
        (f"{{email: a@b.example, topic_arn: '{TOPIC}'}}", "5: alarms.email: has no effect beside topic_arn: subscribe"),
        ("{ops_items: yes please}", "5: alarms.ops_items: must be true or false"),
    ],
)
def test_nobody_can_be_told_in_a_way_that_does_not_work(alarms: str, said: str) -> None:
    with pytest.raises(InvalidSettings) as invalid:
        parse(f"{MODEL}alarms: {alarms}\n", Path("sluice.yaml"))

    assert str(invalid.value).startswith(f"sluice.yaml:{said}")


@pytest.mark.parametrize(
    ("name", "value"), [("errors_percent", 0), ("errors_percent", 100), ("latency_milliseconds", 0)]
)
def test_a_threshold_can_be_crossed(name: str, value: int) -> None:
    with pytest.raises(InvalidSettings, match=f"alarms.{name}: must be"):
        parse(f"{MODEL}    alarms: {{{name}: {value}}}\n", Path("sluice.yaml"))
