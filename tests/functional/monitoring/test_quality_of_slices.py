"""Labels by slice, as deployed: requests are captured, labels come later, a look tells in which slice it is worst."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.domain.drift.build import Choices
from sluice.domain.drift.model_reference import Training, model_reference, text_of
from tests.drift_builders import some_answers, some_rows
from tests.drift_files import SIGNATURE
from tests.feedback_builders import CHAMPION, answered
from tests.functional.monitoring.functions import deployed
from tests.monitoring_builders import answers, exchange, requests

NOW = datetime.now(UTC)
ROWS = 90


def a_reference() -> bytes:
    rows = some_rows(3000, seed=1)
    answers, labels = some_answers(3000, seed=2)
    training = Training(rows, answers=answers, labels=labels, slices={"carrier": rows["carrier"]})
    return text_of(model_reference(SIGNATURE, training, choices=Choices(draws=0))).encode()


def captured() -> tuple[list[str], list[dict[str, Any]], list[str]]:
    """Lines of requests of one row each, labels that say that every answer about B6 was wrong, and the carriers."""
    asked, said = requests(ROWS, seed=1), answers(ROWS, seed=1)
    rows = list(enumerate(zip(asked, said, strict=True)))
    lines = [exchange([row], [answer], answered(f"p-{n}", CHAMPION, NOW)) for n, (row, answer) in rows]
    labels = [
        {"prediction_id": f"p-{n}", "label": answer["label"] ^ (row["carrier"] == "B6")} for n, (row, answer) in rows
    ]
    return lines, labels, [row["carrier"] for row in asked]


def test_the_slice_whose_answers_are_wrong_is_told_and_shown_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, labels, carriers = captured()
    with deployed(monkeypatch, references={"1": a_reference()}, slices=["carrier"], least_rows=10) as functions:
        queue = functions.listen()
        key = functions.put_file(*lines)
        functions.index(key)
        functions.say(*labels)
        functions.index(key)
        functions.look()
        functions.look()
        (watch,) = functions.world.watches.recent("flights")
        events, incidents = functions.heard(queue), functions.world.incidents()
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert watch.quality is not None
    shown = {each.value: each for each in watch.quality.slices}
    assert {name: each.rows for name, each in shown.items()} == {
        name: carriers.count(name) for name in sorted(set(carriers)) if carriers.count(name) >= 10
    }
    first = watch.quality.slices[0]
    assert (first.where, first.accuracy) == ("carrier B6", 0.0)
    assert first.accuracy_at_training == pytest.approx(0.8, abs=0.1)
    assert [event["detail-type"] for event in events] == ["DriftFound", "RetrainingRequested"]
    assert [each["slice"] for each in events[0]["detail"]["findings"]] == ["carrier B6"]
    assert [incident.title.partition(": 100.0 % of ")[0] for incident in incidents] == [
        "flights: version 1 is wrong more often than at training in carrier B6"
    ]
    looks = [line for line in logged if line["event"] == "quality.looked"]
    assert [(each["QualityLost"], each["slices"]) for each in looks] == [([1.0], ["carrier B6"])] * 2
    assert json.loads(json.dumps(watch.to_dict()))["quality"]["slices"][0]["value"] == "B6"
