"""The real model container behind the real API."""

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.sagemaker.model_process import SERVE
from model_container.inspection import examine
from tests.container.foreign_models import FOREIGN
from tests.container.graphs import a_model_directory, a_signature, identity
from tests.functional.local_cloud.sagemaker_builders import SageMakerCloud, a_sagemaker_cloud, a_variant


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[SageMakerCloud]:
    with a_sagemaker_cloud(tmp_path / "cloud", command=SERVE) as running:
        yield running


def packed(directory: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for file in directory.iterdir():
            archive.add(file, file.name)
    return buffer.getvalue()


def test_a_real_container_answers_through_boto3(cloud: SageMakerCloud, tmp_path: Path) -> None:
    directory = a_model_directory(tmp_path / "model", identity(), a_signature())
    endpoint = cloud.an_endpoint(cloud.a_config(a_variant("champion", cloud.a_model("", files=packed(directory)))))

    answer = cloud.invoke(endpoint, json.dumps({"instances": [[1, 2, 3], [4, 5, 6]]}).encode())
    with pytest.raises(cloud.runtime.exceptions.ModelError) as caught:
        cloud.invoke(endpoint, b"not json")

    assert json.loads(answer["Body"]) == {"predictions": [[1, 2, 3], [4, 5, 6]]}
    assert answer["CustomAttributes"] == "sluice-model-version=1"
    assert 400 <= caught.value.response["OriginalStatusCode"] < 500


def test_a_network_that_nobody_here_made_answers_as_it_did_elsewhere(cloud: SageMakerCloud, tmp_path: Path) -> None:
    model, directory = FOREIGN["network"], tmp_path / "model"
    directory.mkdir()
    shutil.copy(model.graph, directory / "model.onnx")
    signature = examine(directory, "images", "7").signature
    (directory / "signature.json").write_text(json.dumps(signature.to_dict()), encoding="utf-8")
    endpoint = cloud.an_endpoint(cloud.a_config(a_variant("champion", cloud.a_model("", files=packed(directory)))))

    answer = cloud.invoke(endpoint, json.dumps(model.instances()).encode())

    assert model.is_answered_by(json.loads(answer["Body"])["predictions"])
    assert answer["CustomAttributes"] == "sluice-model-version=7"


def test_a_container_that_cannot_load_its_model_fails_the_endpoint(cloud: SageMakerCloud, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.onnx").write_bytes(b"no graph")
    config = cloud.a_config(a_variant("champion", cloud.a_model("", files=packed(tmp_path / "model"))))
    cloud.control.create_endpoint(EndpointName="damaged", EndpointConfigName=config)

    failed = cloud.settled("damaged")

    assert failed["EndpointStatus"] == "Failed"
    assert (cloud.context.home / "logs" / "endpoints" / "damaged" / "champion.log").stat().st_size > 0
