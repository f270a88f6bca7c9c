"""Files that are empty, mixed or large, and a judge whose clock is behind that of the answers."""

import base64
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from botocore.config import Config
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.aws.captures import Captures
from sluice.aws.client import connect
from sluice.domain.evidence.finding import Verdict
from sluice.service.summarise import Summarised, summarise_file
from tests.drift_builders import a_window, some_answers, some_rows
from tests.feedback_builders import T0, answered, captured
from tests.monitoring_builders import HOUR, World, answers, exchange, hour, requests, side, traffic
from tests.unit.domain.monitoring.test_rows import binary, tensor
from tests.unit.service.test_judge_drift import names, warmer

ROWS = 10
MEGABYTE = 1_000_000


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws(), install_transactions():
        made = World()
        made.deploy(champion=100)
        yield made


def test_an_empty_file_brings_nothing_and_spoils_nothing(world: World) -> None:
    done = world.summarise(name="empty")

    assert done == Summarised("flights", "champion", rows=0, without_reference=0, skipped=0, poisoned=0)
    assert (world.counted(), world.buried()) == ({}, [])
    assert [watch.verdict for watch in world.look()] == [Verdict.INCONCLUSIVE]
    assert world.summarise(traffic(ROWS, seed=1), name="next").rows == ROWS


def line_of(asked: dict[str, str], said: dict[str, str]) -> str:
    """An exchange that was captured like this."""
    data = {"endpointInput": asked, "endpointOutput": said}
    return json.dumps({**json.loads(captured(answered())), "captureData": data})


def as_bytes(line: str) -> str:
    """The same JSON as SageMaker captures what it does not take for text."""
    form = json.loads(line)
    for each in form["captureData"].values():
        each |= {"data": base64.b64encode(each["data"].encode()).decode(), "encoding": "BASE64"}
    return json.dumps(form)


def as_tensors(seed: int) -> str:
    """As JSON of the Open Inference Protocol."""
    rows, (said, _) = requests(ROWS, seed=seed), some_answers(ROWS, seed=seed)
    kinds = {"temp": "FP64", "delay": "FP32", "seats": "INT64", "carrier": "BYTES"}
    inputs = [tensor(name, kind, [ROWS, 1], [row[name] for row in rows]) for name, kind in kinds.items()]
    outputs = [tensor("probabilities", "FP64", [ROWS, 2], said.probabilities.ravel().tolist())]
    return line_of(side({"inputs": inputs}), side({"outputs": outputs}))


def as_binary_tensors(seed: int) -> str:
    """As bytes of the Open Inference Protocol."""
    columns, (said, _) = some_rows(ROWS, seed=seed), some_answers(ROWS, seed=seed)
    words = b"".join(len(word).to_bytes(4, "little") + word.encode() for word in columns["carrier"])
    asked = {
        "temp": ("FP64", [ROWS, 1], np.asarray(columns["temp"], "<f8").tobytes()),
        "delay": ("FP32", [ROWS, 1], np.asarray(columns["delay"], "<f4").tobytes()),
        "seats": ("INT64", [ROWS, 1], np.asarray(columns["seats"], "<i8").tobytes()),
        "carrier": ("BYTES", [ROWS, 1], words),
    }
    scores = np.asarray(said.probabilities, "<f8").tobytes()
    return line_of(binary(asked), binary({"probabilities": ("FP64", [ROWS, 2], scores)}, of="outputs"))


def test_bodies_of_every_kind_may_stand_in_one_file(world: World) -> None:
    one_by_one = [
        exchange([row], [said]) for row, said in zip(requests(ROWS, seed=5), answers(ROWS, seed=5), strict=True)
    ]
    lines = [traffic(ROWS, seed=1), as_tensors(2), as_bytes(traffic(ROWS, seed=3)), as_binary_tensors(4), *one_by_one]

    done = world.summarise(*lines, "no JSON")

    assert (done.rows, done.poisoned) == (5 * ROWS, 1)
    expected = sum((a_window(ROWS, seed=seed) for seed in range(2, 6)), start=a_window(ROWS, seed=1))
    assert world.counted() == {(hour(9), "champion"): expected}


def test_rows_of_an_hour_that_has_not_come_for_the_judge_wait_for_it(world: World) -> None:
    world.summarise(traffic(400, seed=10), name="quiet")
    world.summarise(traffic(400, seed=20, at=T0 + 2 * HOUR, **warmer(400, seed=20)), name="ahead")

    (behind,) = world.look(T0)
    (later,) = world.look(T0 + 2 * HOUR)

    assert (behind.verdict, behind.rows, names(behind)) == (Verdict.PASS, 400, [])
    assert (later.verdict, later.rows, names(later)) == (Verdict.FAIL, 800, ["temp"])
    assert later.drifting[0].since == hour(11)


def peak_of(path: Path, world: World) -> int:
    """Bytes, at most, while a file is counted that comes from a disk as it does from S3."""
    client = connect("s3", Config())
    with Stubber(client) as bucket, path.open("rb") as content:
        body = StreamingBody(content, path.stat().st_size)
        bucket.add_response("get_object", {"Body": body, "ETag": f'"{path.name}"', "Metadata": {}})
        intake, file = replace(world.intake, captures=Captures(client)), world.put_file(name=path.name)
        tracemalloc.start()
        try:
            summarise_file(file, intake, now=T0)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_memory_stays_the_same_however_long_a_file_is(world: World, tmp_path: Path) -> None:
    line = traffic(100, seed=1) + "\n"
    for name, size in (("short", 2 * MEGABYTE), ("long", 6 * MEGABYTE)):
        (tmp_path / name).write_text(line * (size // len(line)), encoding="utf-8")

    short, long = (peak_of(tmp_path / name, world) for name in ("short", "long"))

    assert world.total().rows > 40_000
    assert long < 1.2 * short
    assert long < 3 * MEGABYTE
