"""A model that answers numbers, as deployed: requests are captured, what was true comes later, and looks tell of it."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.settings.feedback import Feedback
from tests.feedback_builders import CHALLENGER, CHAMPION, answered
from tests.functional.monitoring.functions import Functions, deployed
from tests.monitoring_builders import exchange, requests
from tests.number_builders import a_number_reference, some_numbers

NOW = datetime.now(UTC)
ROWS = 24


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    text = json.dumps(a_number_reference().to_dict()).encode()
    bounds = Feedback(minimum=-1000, maximum=1000, unit_window_hours=0)
    with deployed(monkeypatch, references={"1": text}, feedback=bounds, least_rows=20) as running:
        yield running


def captured(seed: int = 1, *, shift: float = 0.0) -> tuple[list[str], list[dict[str, Any]]]:
    """Lines of requests of one row each, and what was true of them."""
    said, true = some_numbers(ROWS, seed=seed, shift=shift)
    lines = [
        exchange([asked], [{"minutes": float(number)}], answered(f"p-{seed}-{place}", CHAMPION, NOW))
        for place, (asked, number) in enumerate(zip(requests(ROWS, seed=seed), said, strict=True))
    ]
    labels = [{"prediction_id": f"p-{seed}-{place}", "label": float(each)} for place, each in enumerate(true)]
    return lines, labels


def tell(functions: Functions, labels: list[dict[str, Any]]) -> set[str]:
    """Say all labels, a hundred at a time; what became of them."""
    told = [functions.say(*labels[at : at + 100]) for at in range(0, len(labels), 100)]
    return {each["status"] for some in told for each in some}


def quality(functions: Functions) -> Mapping[str, Any]:
    (watch,) = functions.world.watches.recent("flights")
    assert watch.quality is not None
    return watch.quality.to_dict()


def looked(functions: Functions, printed: pytest.CaptureFixture[str]) -> list[Mapping[str, Any]]:
    """What is measured of quality by a look."""
    printed.readouterr()
    functions.look()
    lines = [json.loads(line) for line in printed.readouterr().out.splitlines()]
    return [line for line in lines if line["event"] == "quality.looked"]


def test_labels_before_and_after_their_predictions_are_counted_once(
    functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, labels = captured()
    early = tell(functions, labels[:8])
    key = functions.put_file(*lines)
    failed = [functions.index(key), functions.notify(key), functions.index(key)]
    late = tell(functions, labels)

    (line,) = looked(functions, capsys)
    again = looked(functions, capsys)
    known = quality(functions)

    assert (early, late, failed) == ({"waiting"}, {"joined", "duplicate"}, [[], [], []])
    assert (line["QualityLost"], line["labels"], line["verdict"]) == ([0.0], ROWS, "pass")
    assert [each["labels"] for each in again] == [ROWS]
    said, true = some_numbers(ROWS, seed=1)
    assert known["numbers"]["mean_absolute_error"] == pytest.approx(abs(said - true).mean(), rel=1e-3)
    assert known["numbers"]["mean_absolute_error_at_training"] == pytest.approx(2.4, abs=0.1)
    assert functions.world.incidents() == []


def test_answers_that_are_further_off_move_the_alarm_and_are_told_once(
    functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = functions.listen()
    lines, labels = captured(shift=6.0)
    functions.index(functions.put_file(*lines))
    assert tell(functions, labels) == {"joined"}

    first, second = (looked(functions, capsys) for _ in range(2))

    assert [each["QualityLost"] for each in (*first, *second)] == [[1.0], [1.0]]
    assert quality(functions)["numbers"]["bias"] == pytest.approx(6, abs=1.5)
    assert [event["detail-type"] for event in functions.heard(queue)] == ["DriftFound", "RetrainingRequested"]
    (incident,) = functions.world.incidents()
    assert "were off by more than 5," in incident.title


def test_a_label_is_compared_with_the_answer_that_was_given_in_the_end(functions: Functions) -> None:
    """The challenger's answer was not fit to be passed on; the champion's took its place."""
    asked = requests(1, seed=1)
    breached = exchange(asked, [{"minutes": 90.0}], answered("p-1", CHALLENGER, NOW))
    given = exchange(asked, [{"minutes": 21.0}], answered("p-1", CHAMPION, NOW, attempt=2))
    functions.index(functions.world.put_file(breached, variant="challenger", name="first").key)
    functions.say({"prediction_id": "p-1", "label": 20.0})
    functions.look()
    functions.index(functions.world.put_file(given, name="second").key)
    functions.look()

    outcomes, binning = functions.world.outcomes, a_number_reference().binning
    total = outcomes.total("flights", "1", binning.id)

    assert (total.rows, total.errors) == (1, 0)
    assert quality(functions)["numbers"]["mean_absolute_error"] == pytest.approx(1.0, abs=1e-5)


def test_what_is_no_finite_number_is_refused_as_a_label(functions: Functions) -> None:
    wrong = [{"prediction_id": "p-1", "label": value} for value in ("soon", None, float("nan"), 1e300, 2000)]

    refused = [functions.say(each)[0]["status"] for each in wrong if each["label"] == each["label"]]

    assert refused == ["refused"] * 4
