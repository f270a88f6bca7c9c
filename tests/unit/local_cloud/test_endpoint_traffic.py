"""Where requests go, what is captured of them, and how they are counted."""

from typing import Any, cast

import pytest

from local_cloud.sagemaker import transitions
from local_cloud.sagemaker.capture import CaptureSettings, Exchange, folder, line
from local_cloud.sagemaker.change import Retention
from local_cloud.sagemaker.config import EndpointConfig
from local_cloud.sagemaker.description import describe
from local_cloud.sagemaker.endpoint import Endpoint
from local_cloud.sagemaker.metrics import represent
from local_cloud.sagemaker.model_process import ModelProcess
from local_cloud.sagemaker.route import Route
from tests.unit.local_cloud.endpoint_builders import T0, a_config, all_ready, an_endpoint, at, blue_green, later

EXCHANGE = Exchange(
    endpoint="flights",
    variant="champion",
    at=T0,
    inference_id=None,
    attributes="",
    input_type="text/csv",
    input=b"1,2",
    output_type="application/json",
    output=b"\xff",
)


def a_route(endpoint: Endpoint) -> Route:
    """Processes are told apart by fleet and variant, nothing else."""
    return Route.to(endpoint, lambda fleet, variant: cast("ModelProcess", (fleet, variant)))


def drawn(route: Route, *, variant: str | None = None) -> dict[Any, int]:
    """How often of a hundred evenly spread draws each process is chosen."""
    lot = route.by_weight if variant is None else route.by_variant[variant]
    processes = [lot.draw((number + 0.5) / 100).process for number in range(100)]
    return {process: processes.count(process) for process in processes}


def test_weights_are_shares_of_their_sum_and_zero_gets_nothing() -> None:
    config = a_config(champion=3, challenger=1, third=0)

    route = a_route(an_endpoint(config))

    assert drawn(route) == {(1, "champion"): 75, (1, "challenger"): 25}
    assert drawn(route, variant="third") == {(1, "third"): 100}


def test_a_canary_takes_its_share_of_every_variant() -> None:
    old, new = a_config(champion=3, challenger=1), a_config("next", champion=3, challenger=1)
    canary = blue_green("CANARY", 30, 20)
    updating = transitions.update(an_endpoint(old), new, Retention(), deployment=canary, now=at(0))

    route = a_route(later(all_ready(updating, now=at(0)), 2))

    assert drawn(route) == {(1, "champion"): 60, (1, "challenger"): 20, (2, "champion"): 15, (2, "challenger"): 5}
    assert drawn(route, variant="challenger") == {(1, "challenger"): 80, (2, "challenger"): 20}


def test_a_shadow_is_behind_the_production_variant_and_cannot_be_targeted() -> None:
    route = a_route(an_endpoint(a_config(shadow=True)))

    target = route.by_weight.draw(0.5)

    assert target.shadow is not None
    assert target.shadow.variant == "shadow"
    assert set(route.by_variant) == {"champion"}


def test_an_endpoint_being_deleted_is_described_without_variants() -> None:
    deleting = transitions.delete(an_endpoint(), now=at(0))

    described = describe(deleting)

    assert described["EndpointStatus"] == "Deleting"
    assert described["EndpointConfigName"] == "config"
    assert "ProductionVariants" not in described


def a_capture(**changes: Any) -> CaptureSettings | None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://bucket/some/prefix/",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
        **changes,
    }
    config = a_config()
    return CaptureSettings.of(
        EndpointConfig(config.name, config.variants, None, {**config.request, "DataCaptureConfig": capture})
    )


def test_capture_can_be_off() -> None:
    assert CaptureSettings.of(a_config()) is None
    assert a_capture(EnableCapture=False) is None


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("s3://bucket/some/prefix/", "some/prefix/flights/champion/2026/11/21/09"),
        ("s3://bucket", "flights/champion/2026/11/21/09"),
    ],
)
def test_captures_lie_by_endpoint_variant_and_hour(uri: str, path: str) -> None:
    settings = a_capture(DestinationS3Uri=uri)

    assert settings is not None
    assert settings.bucket == "bucket"
    assert folder(settings, EXCHANGE) == path


def test_a_body_that_is_no_text_is_stored_as_base64() -> None:
    settings = a_capture()
    assert settings is not None

    captured = line(settings, EXCHANGE)

    assert captured["captureData"]["endpointInput"]["encoding"] == "CSV"
    assert captured["captureData"]["endpointOutput"]["encoding"] == "BASE64"
    assert "inferenceId" not in captured["eventMetadata"]


def test_many_latencies_are_represented_by_evenly_spread_ones() -> None:
    few, many = [3.0, 1.0, 2.0], [float(value) for value in range(10_000)]

    assert represent(few) == [(1.0, 1), (2.0, 1), (3.0, 1)]
    assert represent(many, most=4) == [(1250.0, 2500), (3750.0, 2500), (6250.0, 2500), (8750.0, 2500)]
    assert sum(count for _, count in represent(many, most=900)) == 10_000
    assert represent([]) == []
