"""Captured requests put to models that a real container serves; AWS is emulated."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psutil
import pytest

from sluice.clock import utc_now
from sluice.domain.attribution import Attribution
from sluice.domain.signature import Datatype, TensorSpec
from tests.builders import a_routing, a_signature
from tests.container.graphs import a_model_directory, identity
from tests.functional.cli.operating import Operator
from tests.functional.deployed import a_client
from tests.loopback_server import LoopbackServer, Reply

X = TensorSpec("x", Datatype.FP32, (-1,))


def a_model(operator: Operator, version: str = "2") -> str:
    """A model that answers ``y`` = ``x``, named after its version."""
    folder = operator.folder / f"v{version}"
    a_model_directory(folder, identity(shape=("rows",)), replace(a_signature(X), version=version))
    return str(folder)


def capture(
    answers: Sequence[tuple[str, Any, Any]],
    *,
    at: datetime | None = None,
    variant: str = "champion",
    version: str = "1",
) -> None:
    """Data capture writes a file: prediction ids, what was asked, and what was answered."""
    moment = at or utc_now() - timedelta(minutes=5)
    lines = []
    for name, asked, answered in answers:
        sides = {"endpointInput": {"instances": asked}, "endpointOutput": {"predictions": answered}}
        data = {
            side: {"observedContentType": "application/json", "encoding": "JSON", "data": json.dumps(form)}
            for side, form in sides.items()
        }
        metadata = {
            "eventId": f"event of {name}",
            "inferenceId": name,
            "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "customAttributes": [Attribution("0" * 16, variant, version, 0.5, 1, 1).encode()],
        }
        lines.append(json.dumps({"captureData": data, "eventMetadata": metadata}))
    key = f"captures/sluice-flights/{variant}/{moment:%Y/%m/%d/%H}/{moment:%M-%S}-{answers[0][0]}.jsonl"
    a_client("s3").put_object(Bucket="data", Key=key, Body="\n".join(lines).encode())


def containers(directory: str) -> list[int]:
    """Processes that serve a directory."""
    lines = {each.pid: each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])}
    return [pid for pid, line in lines.items() if "model_container" in line and directory in line]


def test_captured_answers_are_compared_with_those_of_a_directory(operator: Operator) -> None:
    capture([("p-1", [1.0, 2.0], [1.0, 2.0]), ("p-2", [3.0], [4.0]), ("p-3", ["UA"], [1.0])])
    directory = a_model(operator)

    done = operator.sluice("replay", directory, "--json")

    report = done.json
    assert done.code == 0
    assert report["candidate"] == {"name": directory, "version": "2"}
    assert (report["requests"]["compared"], report["requests"]["misfit"]) == (2, 1)
    assert (report["rows"], report["agreeing"], report["answered_by"]) == (3, 2, {"1": 3})
    assert report["outputs"]["y"]["difference"]["max"] == 1.0
    assert report["milliseconds"]["p95"] >= report["milliseconds"]["p50"] > 0
    (worst,) = report["worst"]
    assert (worst["prediction_id"], worst["inputs"], worst["captured"], worst["candidate"]) == (
        "p-2",
        {"x": 3.0},
        {"y": 4.0},
        {"y": 3.0},
    )
    assert containers(directory) == []


def test_people_get_a_table_and_the_worst_examples(operator: Operator) -> None:
    capture([("p-1", [1.0, 2.0], [1.0, 2.5])])

    said = operator.sluice("replay", a_model(operator)).said

    assert "agreement: 50.00% (1 of 2 rows)" in said
    assert "requests: 1 compared" in said
    assert "answered then by: 1 version 1" in said
    assert "p-1 row 1 does not agree, differs by 0.5" in said
    assert 'asked: {"x": 2.0} answered: {"y": 2.5} now: {"y": 2.0}' in said


def test_a_pipeline_is_stopped_by_too_little_agreement(operator: Operator) -> None:
    capture([("p-1", [1.0, 2.0], [1.0, 2.5])])
    directory = a_model(operator)

    below, enough = (operator.sluice("replay", directory, "--fail-below", share) for share in ("0.9", "0.5"))

    assert (below.code, enough.code) == (1, 0)
    assert "too little: 50.00% (1 of 2 rows), at least 90.00% is asked for" in below.said


def test_numbers_may_lie_apart_by_the_tolerance(operator: Operator) -> None:
    capture([("p-1", [1.0, 2.0, 1.0], [1.25, 2.5, 3.75])])

    report = operator.sluice("replay", a_model(operator), "--tolerance", "0.5", "--json").json

    assert (report["rows"], report["agreeing"]) == (3, 2)
    assert report["outputs"]["y"]["difference"]["max"] == 2.75


def test_of_nothing_nothing_is_known(operator: Operator) -> None:
    done = operator.sluice("replay", a_model(operator), "--fail-below", "0")

    assert done.code == 1
    assert "requests: none was found" in done.said
    assert "too little: unknown, nothing could be compared" in done.said


def test_requests_are_selected(operator: Operator) -> None:
    capture([("p-1", [1.0], [1.0])])
    earlier = utc_now() - timedelta(minutes=20)
    capture([("p-2", [1.0, 2.0], [1.0, 2.0])], variant="challenger", version="7", at=earlier)
    capture([("p-3", [3.0] * 4, [3.0] * 4)], at=utc_now() - timedelta(days=2))
    directory = a_model(operator)

    def rows(*options: str) -> int:
        return int(operator.sluice("replay", directory, "--json", *options).json["rows"])

    since = (utc_now() - timedelta(days=3)).isoformat()
    assert rows("--limit", "1") == 1
    assert rows("--variant", "challenger", "--version", "7", "--where", "x=2") == 1
    assert rows("--since", since, "--until", "1d") == 4


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "name one candidate"),
        (("v2", "--to", "champion"), "name one candidate"),
        (("--to", "challenger-9"), "--to must be one of champion"),
        (("nobody",), "neither a model directory nor"),
        (("v2", "--since", "yesterday"), "a time is 30m, 2h, 7d, or 2026-11-22T10:30, got 'yesterday'"),
        (("v2", "--since", "1h", "--until", "2h"), "--since 1h is not before --until 2h"),
        (("v2", "--where", "carrier"), "such as carrier=UA"),
    ],
)
def test_a_mistake_is_one_line(operator: Operator, words: tuple[str, ...], why: str) -> None:
    assert why in operator.sluice("replay", *words).mistake


def test_a_slice_on_an_unknown_input_is_a_mistake(operator: Operator) -> None:
    directory = a_model(operator)

    assert (
        "version 2 has no input carrier, but x" in operator.sluice("replay", directory, "--where", "carrier=UA").mistake
    )
    assert containers(directory) == []


def test_a_model_that_cannot_be_served_says_why(operator: Operator) -> None:
    mistake = operator.sluice("replay", operator.model_directory()).mistake

    assert "the model cannot be served here: " in mistake
    assert "model.onnx" in mistake


def test_a_registered_version_is_fetched_and_served(operator: Operator) -> None:
    capture([("p-1", [1.0], [1.0])])
    directory = a_model(operator)
    operator.sluice("register", directory)
    shutil.rmtree(directory)

    package = operator.sluice("models", "list", "--json").json[0]
    by_number = operator.sluice("replay", "1", "--json").json
    by_archive = operator.sluice("replay", package["artifact"], "--json").json

    assert (by_number["agreement"], by_number["candidate"]["version"]) == (1.0, "2")
    assert (by_archive["agreement"], by_archive["candidate"]["version"]) == (1.0, "2")


def test_a_variant_is_asked_whatever_its_weight(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    capture([("p-1", [1.0, 2.0], [1.0, 2.0])])
    routings = operator.release().routings
    routing = routings.get("flights")
    assert routing is not None
    signature = replace(a_signature(X), version="2")
    idle = replace(a_routing(champion=100, challenger=0), revision=routing.revision + 1, signature=signature)
    routings.put(idle)
    answer = Reply(body=b'{"predictions": [1.0, 9.0]}', headers={"Content-Type": "application/json"})

    with LoopbackServer(answer) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", endpoint.url)
        report = operator.sluice("replay", "--to", "challenger", "--json").json

    (asked,) = endpoint.seen
    assert asked.path == f"/endpoints/{idle.endpoint}/invocations"
    assert asked.headers["X-Amzn-SageMaker-Target-Variant"] == "challenger"
    assert json.loads(asked.body) == {"instances": [1.0, 2.0]}
    assert report["candidate"] == {"name": f"challenger of {idle.endpoint}", "version": "2"}
    assert (report["rows"], report["agreeing"]) == (2, 1)


def test_a_slot_that_a_rollout_is_judged_by_is_not_asked(operator: Operator) -> None:
    routings = operator.release().routings
    routing = routings.get("flights")
    assert routing is not None
    routings.put(replace(a_routing(champion=95, challenger=5), revision=routing.revision + 1))
    operator.under_way()

    mistake = operator.sluice("replay", "--to", "challenger").mistake

    assert "a rollout is being judged by what challenger answers" in mistake
