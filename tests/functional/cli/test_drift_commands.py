import json
from dataclasses import replace

import pytest

from sluice.aws.volume_watches import VolumeWatches
from sluice.aws.watches import Watches
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.loss import Bets, Loss
from sluice.domain.monitoring.quality import Basis, KnownQuality, NumbersOff, SliceQuality
from sluice.domain.monitoring.volume import Change
from sluice.domain.monitoring.watch import Accepted, Drifting, Watch
from sluice.domain.monitoring.watch_volume import Unusual, VolumeWatch
from sluice.domain.monitoring.watched_slice import WatchedSlice
from tests.feedback_builders import T0
from tests.functional.cli.operating import Operator
from tests.functional.deployed import a_client
from tests.loopback_server import LoopbackServer, Reply
from tests.monitoring_builders import hour

DRIFTING = Drifting("temp", "input", "location", "temp: median moved from 50 to 65", 1.5, hour(9))
WATCH = Watch("flights", "1", "champion", T0, Verdict.FAIL, "1 of 6 features drift, in 400 rows", 400, (DRIFTING,))
ACCEPTED = Accepted("ann", "summer", T0, hour(9), 1400, "AQ==")


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, operator: Operator) -> pytest.MonkeyPatch:
    """The stack that says which function judges; what that answers, a test says by an endpoint of its own."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"JudgeDriftFunctionName": {"Value": "judge"}},
    }
    a_client("cloudformation").create_stack(StackName="sluice-monitoring", TemplateBody=json.dumps(template))
    assert operator is not None
    return monkeypatch


def watches() -> Watches:
    return Watches(a_client("dynamodb"), table="state")


def test_a_drift_is_told_in_words_and_since_when(operator: Operator) -> None:
    watches().put(WATCH)

    said = operator.sluice("drift", "status").said

    assert "version 1 (champion): fail, 1 of 6 features drift, in 400 rows" in said
    assert "compared with training data" in said
    assert "temp since 2026-11-21 09:00 temp: median moved from 50 to 65" in said


def test_how_well_a_version_does_is_told_with_its_basis(operator: Operator) -> None:
    known = KnownQuality(Verdict.FAIL, Basis.MEASURED, "accuracy 0.700 measured by 400 labels", 400, 0.7)
    loss = Loss(hour(9), "30.0 % of the newest 400 labelled predictions were wrong", 0.3)
    written = watches().put(replace(WATCH, quality=replace(known, loss=loss)))
    watches().put(replace(WATCH, id="2", slot="challenger"))

    said = operator.sluice("drift", "status").said

    assert "quality: accuracy 0.700 measured by 400 labels" in said
    assert "lost since 2026-11-21 09:00: 30.0 % of the newest 400 labelled predictions were wrong" in said
    assert "quality: nothing is known: no reference of classes, or of labelled numbers" in said
    assert written.to_dict() in operator.sluice("drift", "status", "--json").json


def test_the_slices_that_lost_most_are_told_with_their_labels(operator: Operator) -> None:
    slices = (SliceQuality("carrier", "B6", 1200, 0.7124, 0.801), SliceQuality("carrier", "WN", 60, 0.55))
    lost = Loss(hour(8), "28.8 % of 1,200 labelled predictions of carrier B6 were wrong", 0.288, 1200)
    known = KnownQuality(
        Verdict.FAIL,
        Basis.MEASURED,
        "accuracy 0.780 measured by 4,000 labels",
        4000,
        slices=slices,
        watched=(WatchedSlice("carrier", "B6", Bets("0" * 16), loss=lost),),
        judged="5 judged",
    )
    watches().put(replace(WATCH, quality=known))

    said = operator.sluice("drift", "status").said
    (watch,) = operator.sluice("drift", "status", "--json").json

    assert "lost in carrier B6 since 2026-11-21 08:00: 28.8 % of 1,200 labelled predictions of carrier B6" in said
    assert "slices: 5 judged" in said
    assert "worst beside training, by slice:" in said
    assert "carrier B6 accuracy 0.712 0.801 at training 1,200 labels" in said
    assert "carrier WN accuracy 0.550 unknown at training 60 labels" in said
    assert [(each["value"], each["rows"]) for each in watch["quality"]["slices"]] == [("B6", 1200), ("WN", 60)]
    assert [each["loss"] for each in watch["quality"]["watched"]] == [lost.to_dict()]


def test_the_slices_in_which_numbers_are_furthest_off_are_told(operator: Operator) -> None:
    slices = (
        SliceQuality("carrier", "B6", 120, 0.7, 0.9, 4.61, 2.4),
        SliceQuality("carrier", "WN", 60, 0.7, mean_absolute_error=9.0),
    )
    known = KnownQuality(Verdict.PASS, Basis.MEASURED, "mean absolute error 4.6", 400, 0.7, slices=slices)
    watches().put(replace(WATCH, quality=known))

    said = operator.sluice("drift", "status").said

    assert "carrier B6 mean absolute error 4.61 2.4 at training 120 labels" in said
    assert "carrier WN mean absolute error 9 unknown at training 60 labels" in said


def test_how_far_off_numbers_are_is_told_and_known_to_programs(operator: Operator) -> None:
    numbers = NumbersOff(5.0, 2.4, 0.1, 4.6, 3.2)
    known = KnownQuality(Verdict.PASS, Basis.MEASURED, "mean absolute error 4.6, bias +3.2", 400, 0.7, numbers=numbers)
    watches().put(replace(WATCH, quality=known))

    (watch,) = operator.sluice("drift", "status", "--json").json

    assert "quality: mean absolute error 4.6, bias +3.2" in operator.sluice("drift", "status").said
    assert watch["quality"]["numbers"] == {
        "tolerance": 5.0,
        "mean_absolute_error_at_training": 2.4,
        "bias_at_training": 0.1,
        "mean_absolute_error": 4.6,
        "bias": 3.2,
    }


def test_programs_get_all_of_it(operator: Operator) -> None:
    written = watches().put(replace(WATCH, accepted=ACCEPTED))

    assert operator.sluice("drift", "status", "--json").json == [written.to_dict()]
    assert "compared with accepted by ann: summer" in operator.sluice("drift", "status").said


def test_how_often_the_model_is_asked_is_told_of_all_versions_together(operator: Operator) -> None:
    unusual = Unusual(hour(9), Change.LESS, "0 predictions in the hour from 2026-11-21 09:00, 900 are usual", 0, 900)
    volume = VolumeWatch("flights", T0, Verdict.FAIL, "3 predictions in the hour", unusual)
    written = VolumeWatches(a_client("dynamodb"), table="state").put(volume)
    watches().put(WATCH)

    said = operator.sluice("drift", "status").said

    assert "volume of all versions: fail, 3 predictions in the hour; looked at 2026-11-21 09:" in said
    assert "far less since 2026-11-21 09:00: 0 predictions in the hour from 2026-11-21 09:00, 900 are usual" in said
    assert operator.sluice("drift", "status", "--json").json[0]["volume"] == written.to_dict()


def test_before_the_first_look_that_is_said(operator: Operator) -> None:
    assert "nobody has looked at flights yet" in operator.sluice("drift", "status").said


def test_who_accepts_and_why_goes_to_the_function_that_judges(judge: pytest.MonkeyPatch, operator: Operator) -> None:
    answer = {"accepted": replace(WATCH, drifting=(), accepted=ACCEPTED).to_dict()}
    with LoopbackServer(Reply(200, json.dumps(answer).encode())) as function:
        judge.setenv("AWS_ENDPOINT_URL_LAMBDA", function.url)
        said = operator.sluice("drift", "accept", "1", "--reason", "summer").said
        as_json = operator.sluice("drift", "accept", "1", "--reason", "summer", "--json").json
        sent = json.loads(function.seen[0].body)

    assert said == "version 1 is compared with its 1,400 rows since 2026-11-21 09:00 UTC"
    assert as_json["accepted"]["rows"] == 1400
    assert sent["model"] == "flights"
    assert (sent["accept"]["version"], sent["accept"]["reason"]) == ("1", "summer")
    assert sent["accept"]["by"].startswith("arn:aws:sts:")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(200, b'{"refused": "version 1 has no drift"}'), "version 1 has no drift"),
        (Reply(200, b'{"errorMessage": "away"}', {"X-Amz-Function-Error": "Unhandled"}), "judge failed: away"),
    ],
)
def test_what_is_not_accepted_is_said(judge: pytest.MonkeyPatch, operator: Operator, reply: Reply, told: str) -> None:
    with LoopbackServer(reply) as function:
        judge.setenv("AWS_ENDPOINT_URL_LAMBDA", function.url)

        assert told in operator.sluice("drift", "accept", "1", "--reason", "summer").mistake


def test_where_nothing_is_watched_a_deploy_is_asked_for(operator: Operator) -> None:
    assert "sluice-monitoring is not deployed" in operator.sluice("drift", "accept", "1", "--reason", "x").mistake
