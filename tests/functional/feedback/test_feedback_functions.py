"""POST /v1/feedback, the index of predictions and the report, as API Gateway, SQS and EventBridge call them."""

import json
import time
from typing import Any

import pytest

from tests.builders import a_routing
from tests.functional.feedback.functions import deployed

ROUTING = a_routing()


def metrics(captured: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def test_one_reward_is_answered_with_what_became_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(ROUTING, monkeypatch) as functions:
        prediction_id = functions.predict()["x-sluice-prediction-id"]
        functions.capture()

        first = functions.say({"prediction_id": prediction_id, "label": True})
        again = functions.say({"prediction_id": prediction_id, "label": 1})

    assert first == (202, {"prediction_id": prediction_id, "name": "label", "status": "joined"})
    assert again == (202, {"prediction_id": prediction_id, "name": "label", "status": "duplicate"})


def test_a_reward_that_is_refused_is_that_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(ROUTING, monkeypatch) as functions:
        status, problem = functions.say({"prediction_id": "p-1", "reward": 7})
        functions.say({"prediction_id": "p-1", "reward": 1})
        conflict, other = functions.say({"prediction_id": "p-1", "reward": 0})

    assert (status, problem["type"]) == (422, "urn:sluice:problem:invalid-feedback")
    assert problem["violations"] == [{"where": "reward", "expected": "0 to 1", "got": "7"}]
    assert (conflict, other["type"]) == (409, "urn:sluice:problem:conflicting-feedback")
    assert "has the value 1.0 already, not 0.0" in other["detail"]


def test_bad_items_of_a_batch_never_lose_the_good_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with deployed(ROUTING, monkeypatch) as functions:
        prediction_id = functions.predict()["x-sluice-prediction-id"]
        functions.capture()
        good = {"prediction_id": prediction_id, "reward": 0.5}

        status, answer = functions.say({"feedback": [{"prediction_id": "p-1"}, good, 7, {**good, "reward": 0.6}]})
        totals = functions.totals()

    assert status == 202
    statuses = [item["status"] for item in answer["feedback"]]
    assert statuses == ["refused", "joined", "refused", "refused"]
    problems = [item["problem"] for item in answer["feedback"] if item["status"] == "refused"]
    assert [problem["status"] for problem in problems] == [422, 422, 409]
    assert problems[0]["violations"][0]["where"] == "feedback[0].reward"
    assert problems[1]["violations"][0]["where"] == "feedback[2]"
    assert sum(each.total for each in totals.values()) == 0.5
    refused = [line for line in metrics(capsys) if line["event"] == "feedback.refused"]
    assert refused[0]["FeedbackRefused"] == [3.0]


@pytest.mark.parametrize(
    ("form", "status", "problem"),
    [
        ({"feedback": []}, 422, "invalid-feedback"),
        ({"feedback": [{}] * 101}, 422, "invalid-feedback"),
        ({"feedback": {}}, 422, "invalid-feedback"),
        ({"feedback": [{}], "more": 1}, 422, "invalid-feedback"),
        (7, 422, "invalid-feedback"),
    ],
)
def test_what_is_no_list_of_one_to_a_hundred_is_refused_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, form: Any, status: int, problem: str
) -> None:
    with deployed(ROUTING, monkeypatch) as functions:
        answered, body = functions.say(form)

    assert (answered, body["type"]) == (status, f"urn:sluice:problem:{problem}")


def test_while_dynamodb_is_away_a_batch_waits_once_and_says_so_for_each_item(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(ROUTING, monkeypatch) as functions:
        functions.dynamodb.delete_table(TableName="state")

        status, answer = functions.say({"feedback": [{"prediction_id": f"p-{n}", "reward": 1} for n in range(3)]})
        single, problem = functions.say({"prediction_id": "p-1", "reward": 1})

    assert status == 202
    assert [item["problem"]["status"] for item in answer["feedback"]] == [503] * 3
    assert (single, problem["type"]) == (503, "urn:sluice:problem:feedback-unavailable")
    assert "ResourceNotFoundException" in problem["detail"]


def test_files_that_cannot_be_read_are_put_aside_with_the_reason_and_the_others_land(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with deployed(ROUTING, monkeypatch) as functions:
        functions.predict()
        functions.capture()
        gone = "captures/sluice-flights/champion/2026/11/21/09/gone.jsonl"
        event = json.dumps({"detail": {"bucket": {"name": "data"}, "object": {"key": gone}}})

        failed = functions.deliver("not JSON", event, "{}")
        letters = functions.buried()

    assert failed == []
    assert sorted(letter["reason"].partition(":")[0] for letter in letters) == [
        "not a notification of S3",
        "not a notification of S3",
        "there is no such file",
    ]
    assert [letter["key"] for letter in letters if "key" in letter] == [gone]


def test_a_file_that_cannot_be_taken_in_now_comes_again_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with deployed(ROUTING, monkeypatch) as functions:
        key = functions.put_file(_captured_line())
        functions.dynamodb.delete_table(TableName="state")

        failed = functions.deliver(json.dumps({"detail": {"bucket": {"name": "data"}, "object": {"key": key}}}), "{}")

    assert failed == ["0"]
    (said,) = [line for line in metrics(capsys) if line["event"] == "predictions.index_failed"]
    assert said["IndexingFailed"] == [1.0]
    assert "StoreUnavailable" in said["reason"]


def test_what_was_taken_in_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with deployed(ROUTING, monkeypatch) as functions:
        functions.put_file("\n".join([_captured_line(), _captured_line(customAttributes=[]), "{"]))

    lines = {line["event"]: line for line in metrics(capsys)}
    indexed, odd = lines["predictions.indexed"], lines["predictions.odd"]
    assert (indexed["Model"], indexed["Variant"], indexed["PredictionsIndexed"]) == ("flights", "champion", [1.0])
    assert (odd["PredictionsUnattributed"], odd["CapturesUnreadable"]) == ([1.0], [1.0])


def test_feedback_that_waited_for_a_day_in_vain_is_measured_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = time.time()
    with deployed(ROUTING, monkeypatch) as functions:
        functions.say({"prediction_id": "never-made", "reward": 1})
        functions.report()
        monkeypatch.setattr(time, "time", lambda: now + 25 * 3600)
        functions.report()
        functions.report()

    (said,) = [line for line in metrics(capsys) if line["event"] == "feedback.unmatched"]
    assert (said["prediction_id"], said["FeedbackUnmatched"]) == ("never-made", [1.0])


def _captured_line(**changes: Any) -> str:
    attributes = (
        "sluice-unit=0123456789abcdef,sluice-variant=champion,sluice-version=1,"
        "sluice-propensity=1,sluice-revision=0,sluice-attempt=1"
    )
    metadata = {
        "eventId": "e",
        "inferenceTime": "2026-11-21T09:30:00Z",
        "inferenceId": "p-1",
        "customAttributes": [attributes],
        **changes,
    }
    return json.dumps({"captureData": {}, "eventMetadata": metadata, "eventVersion": "0"})
