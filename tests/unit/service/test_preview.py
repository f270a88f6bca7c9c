import base64
import json
from dataclasses import replace

import pytest

from sluice.aws.runtime import Answer
from sluice.domain.invocation import InvocationFailed
from sluice.domain.message import BINARY_TYPE
from sluice.domain.redaction.line import redacted_line
from sluice.domain.rollout.evidence_so_far import Previewed
from sluice.service.observe import observe
from sluice.service.preview import LONGEST_SECONDS, preview
from tests.builders import Clock, ScriptedRuntime, an_answer
from tests.functional.release_clients import client
from tests.functional.release_world import ENDPOINT, MODEL, World

ROW = '{"instances":[1.5]}'
V2 = '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1.5]}]}'


def put(world: World, *requests: str) -> Previewed:
    for number, body in enumerate(requests):
        world.record_request(f"p-{number}", body)
        world.pass_seconds(1)
    sight = observe(MODEL, world.services(), [])
    assert sight is not None
    return preview(sight, world.services(), now=world.clock.now())


def test_every_recorded_request_is_put_to_the_candidate_as_it_was_sent(world: World) -> None:
    assert put(world, ROW, V2) == Previewed(2)

    assert [call["body"].decode() for call in world.runtime.sent] == [V2, ROW]
    assert {call["variant"] for call in world.runtime.sent} == {"challenger"}
    assert {call["attributes"] for call in world.runtime.sent} == {"sluice-preview"}


def test_binary_requests_are_put_too_and_binary_answers_read_by_their_header(world: World) -> None:
    header = json.dumps({"outputs": [{"name": "y", "shape": [1], "datatype": "FP32"}]}).encode()
    world.runtime = ScriptedRuntime(
        Clock(), challenger=[an_answer("challenger", header + b"\0\0\0\0", content_type=f"{BINARY_TYPE}{len(header)}")]
    )
    asked = '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}'
    sent = {
        "observedContentType": f"{BINARY_TYPE}{len(asked)}",
        "mode": "INPUT",
        "data": base64.b64encode(asked.encode() + b"\0\0\0\0").decode(),
        "encoding": "BASE64",
    }
    line = {"captureData": {"endpointInput": sent}, "eventMetadata": {"eventId": "e-1"}}
    key = f"flights/{ENDPOINT}/champion/{world.clock.now():%Y/%m/%d/%H}/one.jsonl"
    client("s3").put_object(Bucket="captures", Key=key, Body=json.dumps(line).encode())

    assert put(world) == Previewed(1)


def test_requests_that_do_not_fit_the_model_are_left_out(world: World) -> None:
    misfits = ['{"instances":["a"]}', "no JSON", '{"inputs":[]}', "[]"]

    assert put(world, *misfits) == Previewed(0)


def test_without_recorded_requests_nothing_is_known(world: World) -> None:
    assert put(world) == Previewed(0)


@pytest.mark.parametrize(
    ("answer", "defect"),
    [
        (an_answer("challenger", b'{"predictions":[1,2]}'), "2 predictions for 1 rows"),
        (an_answer("challenger", b"oops"), "the answer cannot be read"),
        ("ModelError", "challenger: ModelError"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(world: World, answer: Answer | str, defect: str) -> None:
    world.runtime = ScriptedRuntime(Clock(), challenger=[answer])

    found = put(world, ROW)

    assert found.requests == 1
    assert defect in found.defects[0]
    assert found.defects[0].startswith("p-0: ")


def test_the_first_few_defects_are_enough(world: World) -> None:
    world.runtime = ScriptedRuntime(Clock(), challenger=["ModelError"] * 9)

    found = put(world, *[ROW] * 9)

    assert (found.requests, len(found.defects)) == (9, 5)


class Slow(ScriptedRuntime):
    """Each answer takes ten seconds of the world."""

    def __init__(self, world: World) -> None:
        super().__init__(Clock())
        self._world = world

    def invoke(self, *, variant: str, **call: object) -> object:  # type: ignore[override]
        self._world.pass_seconds(10)
        return super().invoke(variant=variant, **call)


def test_a_look_does_not_wait_for_ever(world: World) -> None:
    world.runtime = Slow(world)

    found = put(world, *[ROW] * 9)

    assert found.requests == LONGEST_SECONDS // 10 + 1


def test_redacted_requests_are_left_out(world: World) -> None:
    sent = {"observedContentType": "application/json", "mode": "INPUT", "data": ROW, "encoding": "JSON"}
    line = {
        "captureData": {"endpointInput": sent},
        "eventMetadata": {"eventId": "e-1", "inferenceTime": "2026-11-22T10:30:00Z"},
    }
    key = f"flights/{ENDPOINT}/champion/{world.clock.now():%Y/%m/%d/%H}/one.jsonl"
    redacted = redacted_line(json.dumps(line).encode(), {"x"})
    client("s3").put_object(Bucket="captures", Key=key, Body=redacted)

    assert put(world) == Previewed(0)


@pytest.mark.parametrize(
    ("sensitive", "told"),
    [(frozenset(), "challenger: ModelError: 1970-01-01 is no date"), (frozenset({"x"}), "challenger: ModelError")],
)
def test_what_a_model_says_of_sensitive_inputs_is_not_written_down(
    world: World, sensitive: frozenset[str], told: str
) -> None:
    failed = InvocationFailed(variant="challenger", code="ModelError", message="1970-01-01 is no date")
    world.runtime = ScriptedRuntime(Clock(), challenger=[failed])
    world.record_request("p-1", ROW)
    sight = observe(MODEL, world.services(), [])
    assert sight is not None
    sight = replace(sight, declared=replace(sight.declared, sensitive=sensitive))

    assert preview(sight, world.services(), now=world.clock.now()).defects == (f"p-1: {told}",)
