"""The bugs of AWS's A/B sample (aws-samples/amazon-sagemaker-ab-testing-pipeline at 3d5f444), which Sluice has not.

There, a reward for a user who was never served draws a variant by lot and credits it; a prediction made with a manual
override is rewarded to another random variant; one reward more than invocations breaks the bandit for good; the
timestamps of a warm sandbox are those of its cold start; two first requests of a user at once get different variants.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from sluice.domain.feedback.totals import Totals
from sluice.service.predict import Predictor
from tests.builders import Clock, ScriptedRuntime, a_question, a_routing
from tests.functional.feedback.functions import BREACH, BROKEN, OK, deployed
from tests.loopback_server import Reply

HALF = a_routing(champion=50, challenger=50)
ONCE = Totals(exposures=1, n=1, total=1.0, total_sq=1.0)
FIRST, SECOND = ("champion", "1"), ("challenger", "2")


def test_a_reward_for_a_prediction_that_was_never_made_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(HALF, monkeypatch) as functions:
        functions.predict()
        functions.capture()

        status, answer = functions.say({"prediction_id": "never-made", "reward": 1})
        totals = functions.totals()

    assert (status, answer["status"]) == (202, "waiting")
    assert [(each.exposures, each.n) for each in totals.values()] == [(1, 0)]


def test_a_prediction_of_a_version_that_was_asked_for_is_rewarded_to_that_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with deployed(a_routing(champion=100, challenger=0), monkeypatch) as functions:
        answered = functions.predict(path="/v2/models/flights/versions/2/infer")
        functions.capture()

        functions.say({"prediction_id": answered["x-sluice-prediction-id"], "reward": 1})
        totals = functions.totals()

    assert answered["x-sluice-variant"] == "challenger"
    assert totals == {SECOND: ONCE}


@pytest.mark.parametrize(
    "first_answer", [BROKEN, Reply(200, BREACH, {"Content-Type": "application/json"})], ids=["failed", "breached"]
)
def test_an_answer_of_the_champion_in_anothers_place_is_rewarded_to_the_champion(
    monkeypatch: pytest.MonkeyPatch, first_answer: Reply
) -> None:
    with deployed(a_routing(champion=0, challenger=100), monkeypatch, first_answer, OK) as functions:
        answered = functions.predict()
        functions.say({"prediction_id": answered["x-sluice-prediction-id"], "reward": 1})

        functions.capture()
        totals = {who: found for who, found in functions.totals().items() if found != Totals()}

    assert answered["x-sluice-fallback-from"] == "challenger"
    assert totals == {FIRST: ONCE}


def test_rewards_are_never_more_than_exposures_however_many_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(HALF, monkeypatch) as functions:
        ids = [functions.predict(unit)["x-sluice-prediction-id"] for unit in ("a", "b", "c")]
        functions.capture()

        for _ in range(3):
            functions.say({"feedback": [{"prediction_id": each, "reward": 1} for each in (*ids, *ids, "unknown")]})
        functions.say({"prediction_id": ids[0], "reward": 0.5})
        found = sum(functions.totals().values(), Totals())
        afterwards = functions.predict("d")

    assert found == Totals(exposures=3, n=3, total=3.0, total_sq=3.0)
    assert afterwards["x-sluice-variant"] in ("champion", "challenger")


def test_each_call_has_the_time_it_is_made_at(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(HALF, monkeypatch) as functions:
        stamps = []
        for seconds in (1_795_000_000, 1_795_000_003):
            monkeypatch.setattr(time, "time", lambda now=seconds: float(now))
            functions.say({"prediction_id": f"p-{seconds}", "reward": 1})
            key = {"pk": {"S": f"PREDICTION#p-{seconds}"}, "sk": {"S": "FEEDBACK#reward"}}
            stamps.append(functions.dynamodb.get_item(TableName="state", Key=key)["Item"])

    assert [int(item["at"]["N"]) for item in stamps] == [1_795_000_000, 1_795_000_003]
    assert [int(item["received_at"]["N"]) for item in stamps] == [1_795_000_000, 1_795_000_003]


def a_sandbox() -> Predictor:
    clock = Clock()
    return Predictor(ScriptedRuntime(clock), model_timeout_seconds=8, clock=clock, sleep=clock.sleep)


@pytest.mark.parametrize("unit", ["N14228", "N3ALAA", "N24211", "new-user"])
def test_first_requests_of_a_unit_that_race_get_the_same_variant(unit: str) -> None:
    question, sandboxes = a_question(unit), [a_sandbox() for _ in range(8)]

    with ThreadPoolExecutor(8) as threads:
        predictions = list(threads.map(lambda sandbox: sandbox.predict(question, HALF), sandboxes))

    assert len({prediction.answer.variant for prediction in predictions}) == 1


def test_the_time_of_a_prediction_is_the_captures(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(HALF, monkeypatch) as functions:
        answered = functions.predict()
        functions.capture()
        key = {"pk": {"S": f"PREDICTION#{answered['x-sluice-prediction-id']}"}, "sk": {"S": "PREDICTION#1"}}
        item = functions.dynamodb.get_item(TableName="state", Key=key)["Item"]

    assert abs(int(item["predicted_at"]["N"]) - datetime.now(UTC).timestamp()) < 60
    assert json.loads(item["revision"]["N"]) == 0
