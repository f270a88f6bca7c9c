import pytest

from sluice.cli.show import Output
from sluice.cli.show_plan import describe_stage, duration, show_forecast, show_plan
from sluice.domain.evidence.counts import EventKind
from sluice.domain.evidence.horizon import Horizon, KindHorizon
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.stage import Audience, Kind, Stage
from sluice.service.forecast_rollout import Forecast
from tests.unit.cli.rollouts import CANARY


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage(Kind.WEIGHT, percent=5, minutes=5), "weight: gets 5 % of the traffic, at least 5 min"),
        (Stage(Kind.APPROVAL), "approval: waits for a person: `sluice rollout promote`"),
        (
            Stage(Kind.INTERNAL, minutes=60, audience=Audience(units=("N14228",), groups=("staff", "crew"))),
            "internal_first: gets the requests of units N14228 and of groups staff, crew, at least 1 h",
        ),
        (
            Stage(Kind.AB_TEST, percent=50, minutes=60, goal="booked"),
            "ab_test: gets 50 % of the traffic (booked decides), at least 1 h",
        ),
        (
            Stage(Kind.BANDIT, percent=20, floor_percent=5, goal="booked"),
            "bandit: share follows the rewards (booked decides), 5 % for each at least",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Stage) else "",
)
def test_a_stage_is_said_in_words(stage: Stage, words: str) -> None:
    assert describe_stage(stage) == words


@pytest.mark.parametrize(
    ("minutes", "words"), [(0.5, "30 s"), (5, "5 min"), (60, "1 h"), (90, "1 h 30 min"), (1440, "24 h")]
)
def test_times_are_said_as_people_say_them(minutes: float, words: str) -> None:
    assert duration(minutes) == words


def test_a_plan_says_its_stages_what_follows_and_the_least_time(capsys: pytest.CaptureFixture[str]) -> None:
    show_plan(CANARY, Output(as_json=False))

    assert capsys.readouterr().out.splitlines() == [
        "  1. shadow: gets a copy of every request; nobody sees its answers, at least 10 min",
        "  2. weight: gets 5 % of the traffic, at least 5 min",
        "  3. weight: gets 50 % of the traffic, at least 1 h 30 min",
        "  then promoted, and watched for 30 min; the previous version keeps 5 %",
        "  at least 2 h 15 min in all; undecided after 24 h of comparing, it is held for a person",
    ]


def test_a_shadow_says_how_much_must_agree() -> None:
    said = describe_stage(Stage(Kind.SHADOW, minutes=10, min_agreement=0.95))

    assert said.endswith("nobody sees its answers, of which 95.00% must agree with the champion's, at least 10 min")


def test_a_plan_without_a_bake_says_that_there_is_no_way_back(capsys: pytest.CaptureFixture[str]) -> None:
    show_plan(Plan("at once", (Stage(Kind.WEIGHT, percent=100),), bake=Bake(0, 0)), Output(as_json=False))

    assert "the previous version is taken down at once" in capsys.readouterr().out


def test_a_forecast_says_the_traffic_it_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    horizon = Horizon((KindHorizon(EventKind.ERRORS, 0.005, 24.0, 12.0, 105.0, is_below_floor=False),))

    show_forecast(Forecast(6000, 0.005, horizon), Output(as_json=False))

    said = capsys.readouterr().out
    assert "expected: 6,000.0 requests a minute in the last hour; 0.50% of the champion's failed" in said
    assert "an equal version passes after 24 minutes" in said


def test_an_unknown_time_to_decide_is_said_to_be_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    show_forecast(Forecast(0, None, None, "the champion was asked nothing in the last hour"), Output(as_json=False))

    said = " ".join(capsys.readouterr().out.split())
    assert "0.0 requests a minute" in said
    assert "time to decide unknown: the champion was asked nothing in the last hour" in said
