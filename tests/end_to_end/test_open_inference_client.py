"""The API through a client we did not write, with tokens of an issuer we did not write either."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import urllib3
from tritonclient import http as triton
from tritonclient.utils import InferenceServerException

from examples.flights.features import CATEGORIES, signature
from tests.end_to_end.deployments import TWO_VARIANTS, Deployment, lay_out, sluice_up
from tests.end_to_end.traffic import SAMPLE
from tests.functional.local_cloud.front_door_builders import AnIssuer

JWT = "access:\n  mode: jwt\n  jwt: {{issuer: '{url}', audience: [sluice]}}"


@pytest.fixture(scope="module")
def issuer() -> Iterator[AnIssuer]:
    issuer = AnIssuer()
    yield issuer
    issuer.stop()


@pytest.fixture(scope="module")
def with_tokens(tmp_path_factory: pytest.TempPathFactory, issuer: AnIssuer) -> Iterator[Deployment]:
    folder: Path = tmp_path_factory.mktemp("with-tokens")
    settings = TWO_VARIANTS
    assert "access:\n  mode: iam" in settings
    with_jwt = settings.replace("access:\n  mode: iam", JWT.format(url=issuer.url))
    with sluice_up(lay_out(folder, with_jwt)) as running:
        yield running


@pytest.fixture
def tritonserver(with_tokens: Deployment) -> Iterator[triton.InferenceServerClient]:
    client = triton.InferenceServerClient(urlsplit(with_tokens.api_url).netloc)
    yield client
    client.close()


def inputs(*, binary: bool) -> list[triton.InferInput]:
    row = {"carrier": "UA", "origin": "EWR", "dest": "IAH"}
    tensors = []
    for spec in signature("1").inputs:
        tensor = triton.InferInput(spec.name, [1, 1], spec.datatype)
        is_text = spec.name in CATEGORIES
        value = np.array([[row[spec.name]]], dtype=np.object_) if is_text else np.array([[60]], dtype=np.float32)
        tensor.set_data_from_numpy(value, binary_data=binary)
        tensors.append(tensor)
    return tensors


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_metadata_and_health_as_the_protocol_names_them(
    tritonserver: triton.InferenceServerClient, issuer: AnIssuer
) -> None:
    headers = bearer(issuer.token())

    assert tritonserver.is_server_live(headers=headers)
    assert tritonserver.is_server_ready(headers=headers)
    assert tritonserver.is_model_ready("flights", headers=headers)
    metadata = tritonserver.get_model_metadata("flights", headers=headers)
    assert metadata["versions"] == ["1", "2"]
    assert [each["name"] for each in metadata["inputs"]] == [spec.name for spec in signature("1").inputs]


@pytest.mark.parametrize("version", ["1", "2"])
def test_json_and_binary_tensors_get_the_same_answer(
    tritonserver: triton.InferenceServerClient, issuer: AnIssuer, version: str
) -> None:
    headers = bearer(issuer.token())

    answers = [
        tritonserver.infer("flights", inputs(binary=binary), model_version=version, headers=headers)
        for binary in (False, True)
    ]

    assert all(answer.get_response()["model_version"] == version for answer in answers)
    as_json, as_binary = (answer.as_numpy("probabilities") for answer in answers)
    np.testing.assert_allclose(as_json, as_binary, rtol=1e-6)
    assert as_json.shape == (1, 2)
    assert as_json.sum() == pytest.approx(1, abs=1e-5)


def test_a_refusal_reaches_the_client_in_words(tritonserver: triton.InferenceServerClient, issuer: AnIssuer) -> None:
    with pytest.raises(InferenceServerException, match="the tensor is missing"):
        tritonserver.infer("flights", inputs(binary=True)[:-1], headers=bearer(issuer.token()))


def test_the_tokens_subject_is_the_unit(with_tokens: Deployment, issuer: AnIssuer) -> None:
    headers = {**bearer(issuer.token(sub="somebody")), "Content-Type": "application/json"}

    answers = [
        urllib3.request("POST", f"{with_tokens.api_url}/v1/models/flights:predict", body=SAMPLE, headers=headers)
        for _ in range(8)
    ]

    assert {answer.status for answer in answers} == {200}
    assert len({answer.headers["x-sluice-variant"] for answer in answers}) == 1


@pytest.mark.parametrize(
    "token",
    ["", "forged", "expired", "of another audience"],
)
def test_a_missing_forged_or_expired_token_is_refused(with_tokens: Deployment, issuer: AnIssuer, token: str) -> None:
    good = issuer.token()
    tokens = {
        "": None,
        "forged": good[:-8] + "AAAAAAAA",
        "expired": issuer.token(exp=1_000_000_000),
        "of another audience": issuer.token(aud="somebody-else"),
    }
    headers = bearer(sent) if (sent := tokens[token]) else {}

    answer = urllib3.request(
        "POST", f"{with_tokens.api_url}/v1/models/flights:predict", body=SAMPLE, headers=headers, retries=False
    )

    assert answer.status == 401
    assert answer.json() == {"message": "Unauthorized"}
