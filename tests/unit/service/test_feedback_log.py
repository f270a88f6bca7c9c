import json
from typing import Any

import pytest

from sluice.aws.captures import CapturedFile
from sluice.domain.feedback.record import Credit
from sluice.service.feedback_log import record_failed, record_indexed, record_joined, record_unmatched
from sluice.service.index_predictions import Indexed
from tests.feedback_builders import CHALLENGER, T0, answered, said

FILE = CapturedFile("data", "captures/file.jsonl")


def printed(captured: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def test_a_counted_reward_is_measured_for_who_answered(capsys: pytest.CaptureFixture[str]) -> None:
    record_joined(Credit(said("p-1", 0.3), answered("p-1", CHALLENGER)))

    (line,) = printed(capsys)
    assert (line["Model"], line["Variant"], line["FeedbackJoined"]) == ("flights", "challenger", [1.0])
    assert (line["prediction_id"], line["model_version"], line["goal"], line["value"]) == ("p-1", "2", "click", 0.3)


def test_a_file_without_oddities_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    record_indexed(FILE, Indexed("flights", "champion", 7, unattributed=0, copies=2, poisoned=0))

    (line,) = printed(capsys)
    assert (line["PredictionsIndexed"], line["file"], line["shadow_copies"]) == ([7.0], FILE.key, 2)


def test_lines_of_strangers_and_unreadable_ones_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    record_indexed(FILE, Indexed("flights", "champion", 0, unattributed=3, copies=0, poisoned=1))

    _, odd = printed(capsys)
    assert (odd["PredictionsUnattributed"], odd["CapturesUnreadable"]) == ([3.0], [1.0])


def test_a_failure_says_of_what_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    record_failed(FILE, RuntimeError("x" * 5000))

    (line,) = printed(capsys)
    assert FILE.key in line["file"]
    assert len(line["reason"]) == 1000


def test_each_prediction_that_was_not_heard_of_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    record_unmatched([("p-1", T0), ("p-2", T0)])

    lines = printed(capsys)
    assert [line["prediction_id"] for line in lines] == ["p-1", "p-2"]
    assert {line["hour"] for line in lines} == {"2026-11-21T09Z"}
