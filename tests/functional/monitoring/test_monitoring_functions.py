"""The functions as AWS calls them: files come twice, out of order, broken; schedules come round; a person accepts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.domain.monitoring.watch_volume import last_complete_hour
from tests.builders import a_routing
from tests.drift_files import SIGNATURE
from tests.feedback_builders import CHALLENGER, answered
from tests.functional.monitoring.functions import Functions, deployed
from tests.label_builders import bring, some_labels
from tests.monitoring_builders import HOUR, answers, exchange, requests, traffic
from tests.rollout_builders import a_rollout
from tests.unit.service.test_judge_drift import warmer
from tests.volume_builders import changed, usual_traffic

NOW = datetime.now(UTC)


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    with deployed(monkeypatch) as running:
        yield running


def rows(functions: Functions) -> dict[datetime, int]:
    return {hour: summary.rows for (hour, _), summary in functions.world.counted(day=NOW).items()}


def printed(captured: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def test_files_twice_and_out_of_order_are_counted_once(functions: Functions) -> None:
    early = functions.put_file(traffic(10, seed=1, at=NOW - HOUR), name="early")
    late = functions.put_file(traffic(20, seed=2, at=NOW), name="late")

    failed = [functions.notify(late, early), functions.notify(early), functions.notify(early, late)]

    assert failed == [[], [], []]
    assert sorted(rows(functions).values()) == [10, 20]
    assert functions.world.buried() == []


def test_what_can_never_be_counted_is_put_aside_with_the_reason(functions: Functions) -> None:
    key = functions.put_file("{", traffic(10, seed=1, at=NOW))

    assert functions.notify(key, "captures/sluice-flights/champion/2026/11/21/09/gone.jsonl") == []
    assert functions.deliver("no notification") == []

    reasons = sorted(letter["reason"] for letter in functions.world.buried())
    assert [reason[:24] for reason in reasons] == [
        "1 lines cannot be counte",
        "not a notification of S3",
        "there is no such file",
    ]
    assert list(rows(functions).values()) == [10]


def test_only_what_failed_comes_again(functions: Functions) -> None:
    key = functions.put_file(traffic(10, seed=1, at=NOW))
    functions.world.dynamodb.delete_table(TableName="state")

    assert functions.deliver("no notification", event_of(key)) == ["1"]


def event_of(key: str) -> str:
    return json.dumps({"detail": {"bucket": {"name": "data"}, "object": {"key": key}}})


def test_quiet_traffic_moves_no_alarm(functions: Functions, capsys: pytest.CaptureFixture[str]) -> None:
    functions.notify(functions.put_file(traffic(400, seed=10, at=NOW)))
    capsys.readouterr()

    functions.look()

    (line,) = printed(capsys)
    assert (line["DriftedFeatures"], line["DriftNotJudged"], line["verdict"]) == ([0.0], [0.0], "pass")


def test_a_drift_is_measured_and_announced_once(functions: Functions, capsys: pytest.CaptureFixture[str]) -> None:
    queue = functions.listen()
    functions.notify(functions.put_file(traffic(400, seed=20, at=NOW, **warmer(400, seed=20))))
    capsys.readouterr()

    functions.look()
    functions.look()

    first, second = printed(capsys)
    assert (first["DriftedFeatures"], second["DriftedFeatures"]) == ([1.0], [1.0])
    assert first["drifting"] == ["temp"]
    events = functions.heard(queue)
    assert [event["detail-type"] for event in events] == ["DriftFound", "RetrainingRequested"]
    assert {event["source"] for event in events} == {"sluice"}
    assert events[0]["detail"]["findings"][0]["feature"] == "temp"
    assert len(functions.world.incidents()) == 1


def test_a_candidate_whose_answers_drift_beside_a_quiet_champion_is_measured(
    functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    functions.world.rollouts.put(a_rollout(requested_at=NOW))
    asked, said = requests(400, seed=20), answers(400, seed=20)
    wrong = [{**each, "probabilities": each["probabilities"][::-1]} for each in said]
    line = exchange(asked, wrong, answered("p-1", CHALLENGER, NOW))
    functions.world.summarise(line, variant="challenger")
    functions.world.summarise(traffic(400, seed=10, at=NOW), name="quiet")

    functions.look()

    (told,) = [line for line in printed(capsys) if line.get("event") == "drift.candidate"]
    assert (told["event"], told["Variant"], told["OutputsDrifted"]) == ("drift.candidate", "challenger", [1.0])
    assert told["outputs"] == ["score of late"]


def test_a_candidate_whose_answers_turn_out_wrong_more_often_than_the_champions_is_measured(
    functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    functions.world.routings.put(a_routing(1, SIGNATURE, champion=90, challenger=10))
    functions.world.rollouts.put(a_rollout(requested_at=NOW))
    bring(functions.world.items, some_labels(300, seed=1, at=NOW))
    for seed, wrong in ((2, 0.0), (3, 0.5)):
        bring(functions.world.items, some_labels(300, seed=seed, at=NOW, by=CHALLENGER, wrong=wrong))
        functions.look()

    looks = [line for line in printed(capsys) if line.get("event") == "quality.candidate"]
    assert [(each["Variant"], each["model_version"], each["rows"]) for each in looks] == [
        ("challenger", "2", 300),
        ("challenger", "2", 600),
    ]
    assert [(each["WrongMoreOften"], each["verdict"]) for each in looks] == [([0.0], "pass"), ([1.0], "fail")]


def test_a_model_that_is_no_longer_asked_is_measured_and_announced_once(
    functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = functions.listen()
    last = last_complete_hour(NOW)
    functions.world.put_predictions(changed(usual_traffic(9, until=last), 0, [last, last + HOUR]))

    functions.look()
    functions.look()

    told = [line["VolumeUnusual"] for line in printed(capsys) if line.get("event") == "volume.looked"]
    (event,) = functions.heard(queue)
    assert told == [[1.0], [1.0]]
    assert (event["detail-type"], event["detail"]["findings"][0]["change"]) == ("VolumeUnusual", "less")
    assert len(functions.world.incidents()) == 1


def test_a_person_may_accept_or_is_told_why_not(functions: Functions, capsys: pytest.CaptureFixture[str]) -> None:
    refused = functions.accept()
    functions.notify(functions.put_file(traffic(400, seed=20, at=NOW, **warmer(400, seed=20))))
    functions.look()

    accepted = functions.accept()
    functions.look()

    assert "no drift that could be accepted" in refused["refused"]
    assert accepted["accepted"]["accepted"]["by"] == "ann"
    assert printed(capsys)[-1]["verdict"] == "pass"


def test_files_that_came_before_are_counted_when_the_state_machine_names_them(functions: Functions) -> None:
    key = functions.put_file(traffic(10, seed=1, at=NOW), name="before")
    item = {"bucket": "data", "key": key, "since": "2026-11-21T00:00:00+00:00", "until": "2026-11-22T00:00:00+00:00"}

    answers = [functions.backfill(item) for _ in range(2)]

    assert answers == [{"files": 1, "rows": 10, "without_reference": 0, "poisoned": 0, "unreadable": 0}] * 2
    assert list(rows(functions).values()) == [10]


def test_sensitive_values_are_gone_when_both_functions_have_counted_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(monkeypatch, sensitive={"temp", "carrier"}) as running:
        key = running.put_file(traffic(10, seed=1, at=NOW))
        before = running.content(key)

        failed = [running.notify(key), running.index(key), running.notify(key), running.index(key)]

        assert failed == [[], [], [], []]
        assert "UA" in before
        assert "UA" not in running.content(key)
        running.look()
        (watch,) = running.world.watches.recent("flights")
        assert (watch.rows, watch.drifting) == (10, ())
