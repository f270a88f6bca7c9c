import pytest

from sluice.domain.retraining.run import FailedStep, Run
from sluice.service.retraining_log import record_ended
from tests.retraining_builders import a_run
from tests.unit.service.test_feedback_log import printed

STOPPED = (FailedStep("refuse", "the gate stopped version 5 for slice carrier B6"),)


@pytest.mark.parametrize(
    ("run", "broke", "refused"),
    [
        (a_run(), 0.0, 0.0),
        (a_run(status="Failed", failed=STOPPED), 0.0, 1.0),
        (a_run(status="Failed", failure="x" * 5000), 1.0, 0.0),
    ],
)
def test_how_a_retraining_ended_is_measured(
    capsys: pytest.CaptureFixture[str], run: Run, broke: float, refused: float
) -> None:
    record_ended("flights", run)

    (line,) = printed(capsys)
    assert (line["Model"], line["RetrainingFailed"], line["CandidateRefused"]) == ("flights", [broke], [refused])
    assert line["retraining"] == run.id
    assert len(line["reason"]) <= 1000


@pytest.mark.parametrize("status", ["Stopped", "Executing"])
def test_what_a_person_stopped_or_what_goes_on_says_nothing(capsys: pytest.CaptureFixture[str], status: str) -> None:
    record_ended("flights", a_run(status=status))

    assert printed(capsys) == []
