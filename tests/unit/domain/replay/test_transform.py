import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.endpoint_config import Declaration, Variant, compose
from sluice.domain.errors import TransformFailed
from sluice.domain.message import BINARY_TYPE, Message
from sluice.domain.replay.transform import Transform, answers_of, compose_transform, line_of, why_no_line

JSON = "application/json"
ARTIFACT = "s3://data/models/flights/2/model.tar.gz"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def declared(endpoint: str = "sluice-flights", **config: Any) -> Declaration:
    return Declaration(
        endpoint=endpoint,
        variants=[Variant("champion", {"ModelDataUrl": ARTIFACT}, 100)],
        image="image:1",
        model={"ExecutionRoleArn": "role", "EnableNetworkIsolation": True},
        shape={"InstanceType": "ml.m5.large"},
        config=config,
    )


def composed(declaration: Declaration, instance_type: str = "ml.m5.large") -> Transform:
    return compose_transform(declaration, ARTIFACT, bucket="data", identity="0f3a", instance_type=instance_type)


def test_the_model_is_made_as_the_endpoints_are_but_is_never_one_of_them() -> None:
    transform = composed(declared())

    (live,) = compose(declared()).models
    assert transform.model == {**live, "ModelName": "sluice-flights-replay-0f3a"}
    assert transform.model["EnableNetworkIsolation"]
    assert transform.model["ModelName"] != live["ModelName"]


def test_the_job_puts_one_line_at_a_time_to_it() -> None:
    transform = composed(declared())

    assert transform.job["ModelName"] == transform.name == "sluice-flights-replay-0f3a"
    assert (transform.job["BatchStrategy"], transform.job["TransformInput"]["SplitType"]) == ("SingleRecord", "Line")
    assert transform.job["MaxConcurrentTransforms"] * transform.job["MaxPayloadInMB"] <= 100
    source = transform.job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    assert f"s3://data/{transform.requests_key}".startswith(source)
    assert f"{transform.job['TransformOutput']['S3OutputPath']}/" == f"s3://data/{transform.answers_prefix}"
    assert transform.folder == "replays/sluice-flights/0f3a"


def test_a_name_is_never_too_long() -> None:
    name = composed(declared("e" * 52)).name

    assert len(name) <= 63
    assert name.endswith("-replay-0f3a")


def test_answers_are_encrypted_as_captures_and_storage_as_the_endpoints() -> None:
    keyed = declared(DataCaptureConfig={"KmsKeyId": "capture key"}, KmsKeyId="volume key")

    same, other, none = composed(keyed), composed(keyed, "ml.c5.large"), composed(declared())

    assert same.job["TransformOutput"]["KmsKeyId"] == "capture key"
    assert same.job["TransformResources"]["VolumeKmsKeyId"] == "volume key"
    assert "VolumeKmsKeyId" not in other.job["TransformResources"]
    assert other.instance_type == "ml.c5.large"
    assert "KmsKeyId" not in none.job["TransformOutput"]


@given(JSON_VALUES, st.sampled_from([None, 2]))
def test_a_request_is_the_same_in_one_line(value: Any, indent: int | None) -> None:
    request = Message(json.dumps({"instances": value}, indent=indent).encode(), JSON)

    line = line_of(request)

    assert json.loads(line) == request.decode()
    assert b"\n" not in line
    assert why_no_line(request) is None


@pytest.mark.parametrize(
    "request_",
    [
        Message(b'{"inputs": []}', JSON),
        Message(b"{}", f"{BINARY_TYPE}2"),
    ],
)
def test_what_is_not_v1_has_no_line(request_: Message) -> None:
    assert why_no_line(request_) == "a request is not JSON of V1, of which a batch transform job takes one a line"


def test_a_large_request_has_no_line() -> None:
    body = json.dumps({"instances": ["x" * 6 * 1024 * 1024]}).encode()

    assert why_no_line(Message(body, JSON)) == "a request is larger than the 6 MB that a batch transform job takes"


def test_answers_come_in_the_order_of_the_requests() -> None:
    answers = answers_of(b'{"predictions":[1]}\n{"predictions":[2]}\n', requests=2)

    assert [answer.decode()["predictions"] for answer in answers] == [[1], [2]]


@pytest.mark.parametrize("output", [b"", b"{}\n", b"{}\n{}\n{}\n"])
def test_answers_that_cannot_be_told_apart_are_none(output: bytes) -> None:
    with pytest.raises(TransformFailed, match="lines for 2 requests: the model's image does not answer in one line"):
        answers_of(output, requests=2)
