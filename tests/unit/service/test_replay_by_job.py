"""Replays by a batch transform job; the jobs are scripted."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from sluice.aws.transforms import Transforms, TransformState
from sluice.domain.endpoint_config import Declaration
from sluice.domain.errors import TransformFailed
from sluice.domain.message import Message
from sluice.domain.replay.report import Outcome, Report
from sluice.domain.replay.transform import Transform, compose_transform
from sluice.service.choose_captured import Choice, Chosen
from sluice.service.replay import replay
from sluice.service.replay_by_job import ask_job, asked_of, with_lines
from tests.unit.service.test_replay import SIGNATURE, chosen

TRANSFORM = compose_transform(
    Declaration("sluice-flights", (), "image:1", {}, {}, {}),
    "s3://data/2.tar.gz",
    bucket="data",
    identity="0f3a",
    instance_type="ml.m5.large",
)


class ScriptedTransforms(Transforms):
    """Its job goes through these states; what it answers is twice what was asked, or ``answers``."""

    def __init__(self, *states: TransformState, answers: bytes | None = None, begins: bool = True) -> None:
        self.states = list(states) or [TransformState("InProgress"), TransformState("Completed", seconds=40)]
        self.lines: list[bytes] = []
        self.removed: list[str] = []
        self._answers = answers
        self._begins = begins

    def begin(self, transform: Transform, lines: Iterable[bytes]) -> None:
        del transform
        if not self._begins:
            raise KeyboardInterrupt("by a person")
        self.lines = list(lines)

    def look(self, transform: Transform) -> TransformState:
        del transform
        return self.states.pop(0)

    def output(self, transform: Transform) -> bytes:
        del transform
        doubled = [{"predictions": [2 * x for x in json.loads(line)["instances"]]} for line in self.lines]
        written = b"".join(json.dumps(answer).encode() + b"\n" for answer in doubled)
        return written if self._answers is None else self._answers

    def remove(self, transform: Transform) -> None:
        self.removed.append(transform.name)


def of_v2(request: Chosen) -> Chosen:
    body = Message(b'{"inputs": []}', "application/json")
    return replace(request, exchange=replace(request.exchange, request=body))


def replayed(transforms: ScriptedTransforms, *requests: Chosen, told: list[str] | None = None) -> Report:
    choice = with_lines(Choice(requests, Counter({"a line is not JSON": 2})), SIGNATURE)
    waits: list[float] = []
    heard: list[str] = [] if told is None else told
    candidate = ask_job(asked_of(choice, SIGNATURE), TRANSFORM, transforms, told=heard.append, sleep=waits.append)
    assert len(waits) == len(heard)
    return replay(choice, candidate, signature=SIGNATURE, tolerance=1e-4, clock=None)


def test_the_jobs_answers_are_compared_each_with_its_own() -> None:
    transforms, told = ScriptedTransforms(), list[str]()

    report = replayed(transforms, chosen((0.0, 2.0)), chosen((9.0,), name="p-2"), told=told)

    assert transforms.lines == [b'{"instances": [0, 1]}', b'{"instances": [0]}']
    assert (report.rows, report.agreeing) == (3, 2)
    assert report.worst[0].prediction_id == "p-2"
    assert report.milliseconds.n == 0
    assert told == ["InProgress"]
    assert transforms.removed == [TRANSFORM.name]


def test_what_is_not_asked_is_counted_as_ever_and_what_has_no_line_by_reason() -> None:
    transforms = ScriptedTransforms()

    report = replayed(
        transforms,
        chosen((0.0,)),
        chosen(None, name="p-2"),
        chosen(Message(b"?", "application/json"), name="p-3"),
        chosen(fits=False, name="p-4"),
        of_v2(chosen((0.0,), name="p-5")),
        of_v2(chosen(None, name="p-6")),
    )

    assert len(transforms.lines) == 1
    assert dict(report.outcomes) == {Outcome.COMPARED: 1, Outcome.NO_ANSWER: 3, Outcome.MISFIT: 1}
    assert dict(report.skipped) == {
        "a line is not JSON": 2,
        "a request is not JSON of V1, of which a batch transform job takes one a line": 1,
    }


def test_how_long_the_job_took_is_known() -> None:
    request = [chosen((0.0,))]

    candidate = ask_job(request, TRANSFORM, ScriptedTransforms(), told=print, sleep=print)

    assert candidate.seconds == 40


FAILED = TransformState("Failed", "ClientError: See job logs for more information")


@pytest.mark.parametrize(
    ("transforms", "error", "says"),
    [
        (ScriptedTransforms(FAILED), TransformFailed, "is Failed: ClientError: See job logs"),
        (ScriptedTransforms(TransformState("Stopped")), TransformFailed, "is Stopped: nobody says why"),
        (ScriptedTransforms(answers=b""), TransformFailed, "1 lines for 2 requests"),
        (ScriptedTransforms(begins=False), KeyboardInterrupt, "by a person"),
    ],
)
def test_whatever_happens_the_job_is_removed(transforms: ScriptedTransforms, error: Any, says: str) -> None:
    with pytest.raises(error, match=says):
        replayed(transforms, chosen((0.0,)), chosen((0.0,), name="p-2"))

    assert transforms.removed == [TRANSFORM.name]
