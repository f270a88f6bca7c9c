from dataclasses import replace
from typing import Any

import pytest

from sluice.domain.endpoint_config import Composition, Declaration, Variant, artifact_of, compose, composed_of

ROLE = "arn:aws:iam::123456789012:role/model"
DECLARED = Declaration(
    endpoint="sluice-flights",
    variants=(
        Variant("champion", {"ModelDataUrl": "s3://b/v1"}, 90),
        Variant("challenger", {"ModelDataUrl": "s3://b/v2"}, 10),
    ),
    image="image:1",
    model={"ExecutionRoleArn": ROLE},
    shape={"InstanceType": "ml.g6.xlarge", "InitialInstanceCount": 2},
    config={"DataCaptureConfig": {"EnableCapture": True}},
)
LIVE = (
    Variant("champion", {"Image": "image:1", "ModelDataUrl": "s3://b/v7", "Mode": "SingleModel"}, 60, instances=5),
    Variant(
        "challenger", {"Image": "image:1", "ModelDataUrl": "s3://b/v8", "Environment": {"A": "1"}}, 40, instances=3
    ),
)


def served(composed: Composition) -> list[tuple[str, str, float, int]]:
    """Slot, version, weight and instances of each production variant."""
    artifacts = {model["ModelName"]: model["PrimaryContainer"]["ModelDataUrl"] for model in composed.models}
    return [
        (
            v["VariantName"],
            artifacts[v["ModelName"]].removeprefix("s3://b/"),
            v["InitialVariantWeight"],
            v["InitialInstanceCount"],
        )
        for v in composed.config["ProductionVariants"]
    ]


def test_a_new_endpoint_is_served_as_declared() -> None:
    composed = compose(DECLARED)

    assert served(composed) == [("champion", "v1", 90.0, 2), ("challenger", "v2", 10.0, 2)]
    assert composed.config["DataCaptureConfig"] == {"EnableCapture": True}
    assert {variant["InstanceType"] for variant in composed.config["ProductionVariants"]} == {"ml.g6.xlarge"}
    assert {model["ExecutionRoleArn"] for model in composed.models} == {ROLE}
    assert {model["PrimaryContainer"]["Image"] for model in composed.models} == {"image:1"}


def test_live_models_and_weights_are_carried_into_the_declared_shape() -> None:
    resized = replace(DECLARED, shape={"InstanceType": "ml.g6.2xlarge", "InitialInstanceCount": 2})

    composed = compose(resized, LIVE)

    assert served(composed) == [("champion", "v7", 60.0, 2), ("challenger", "v8", 40.0, 2)]
    assert {variant["InstanceType"] for variant in composed.config["ProductionVariants"]} == {"ml.g6.2xlarge"}


def test_another_image_role_or_network_reaches_the_versions_that_are_live() -> None:
    network = {"ExecutionRoleArn": ROLE, "EnableNetworkIsolation": True}
    moved = replace(DECLARED, image="image:2", model=network)

    before, after = compose(DECLARED, LIVE), compose(moved, LIVE)

    assert [model["PrimaryContainer"] for model in after.models] == [
        {"ModelDataUrl": "s3://b/v7", "Image": "image:2"},
        {"ModelDataUrl": "s3://b/v8", "Environment": {"A": "1"}, "Image": "image:2"},
    ]
    assert all(model["EnableNetworkIsolation"] for model in after.models)
    assert {model["ModelName"] for model in before.models}.isdisjoint(model["ModelName"] for model in after.models)


def test_a_registered_package_keeps_its_own_image() -> None:
    package = "arn:aws:sagemaker:us-east-1:123456789012:model-package/flights/3"

    composed = compose(DECLARED, [Variant("champion", {"ModelPackageName": package, "Image": "theirs"}, 100)])

    assert composed.models[0]["PrimaryContainer"] == {"ModelPackageName": package}


def test_an_artifact_described_twice_is_named_once() -> None:
    both = {"ModelDataUrl": "s3://b/v7", "ModelDataSource": {"S3DataSource": {"S3Uri": "s3://b/v7"}}}

    composed = compose(DECLARED, [Variant("champion", both, 100)])

    assert composed.models[0]["PrimaryContainer"] == {"ModelDataUrl": "s3://b/v7", "Image": "image:1"}


def test_a_declared_variant_that_is_not_live_joins_without_traffic() -> None:
    composed = compose(DECLARED, [replace(LIVE[0], weight=100)])

    assert served(composed) == [("champion", "v7", 100.0, 2), ("challenger", "v2", 0.0, 2)]


def test_a_live_variant_that_is_not_declared_stays() -> None:
    composed = compose(replace(DECLARED, variants=DECLARED.variants[:1]), LIVE)

    assert [name for name, *_ in served(composed)] == ["champion", "challenger"]


def test_live_instance_counts_are_kept_only_where_autoscaling_owns_them() -> None:
    composed = compose(replace(DECLARED, keeps_instance_counts=True), LIVE)

    assert [count for *_, count in served(composed)] == [5, 3]


def test_a_shadow_gets_a_variant_of_its_own_that_weighs_as_much_as_production() -> None:
    composed = compose(replace(DECLARED, variants=DECLARED.variants[:1], shadow="s3://b/v3"))

    (shadow,) = composed.config["ShadowProductionVariants"]
    assert (shadow["VariantName"], shadow["InitialVariantWeight"]) == ("shadow", 90.0)
    assert shadow["ModelName"] == composed.models[-1]["ModelName"]
    assert composed.models[-1]["PrimaryContainer"]["ModelDataUrl"] == "s3://b/v3"
    assert shadow["InstanceType"] == "ml.g6.xlarge"


def test_the_same_content_has_the_same_name_and_other_content_another() -> None:
    name = compose(DECLARED, LIVE).config_name
    floats = [replace(variant, weight=float(variant.weight)) for variant in LIVE]

    assert compose(DECLARED, floats).config_name == name
    assert compose(replace(DECLARED, config={}), LIVE).config_name != name
    assert compose(DECLARED).config_name != name


def test_a_declaration_is_read_as_the_stack_writes_it() -> None:
    form = {
        "variants": [
            {"name": "champion", "artifact": "s3://b/v1", "weight": 90},
            {"name": "challenger", "artifact": "s3://b/v2", "weight": 10},
        ],
        "image": "image:1",
        "model": {"ExecutionRoleArn": ROLE},
        "shape": DECLARED.shape,
        "config": DECLARED.config,
    }

    assert Declaration.from_dict("sluice-flights", form) == DECLARED


def test_a_composition_can_take_the_name_of_an_earlier_config() -> None:
    composed = compose(DECLARED, LIVE)

    renamed = composed.under("sluice-flights-0123456789")

    assert renamed.config_name == "sluice-flights-0123456789"
    assert renamed.config["ProductionVariants"] == composed.config["ProductionVariants"]
    assert renamed.models == composed.models


@pytest.mark.parametrize(
    ("container", "artifact"),
    [
        ({"ModelDataUrl": "s3://b/v1.tar.gz"}, "s3://b/v1.tar.gz"),
        ({"ModelDataSource": {"S3DataSource": {"S3Uri": "s3://b/v1/"}}}, "s3://b/v1/"),
        ({"ModelPackageName": "arn"}, None),
    ],
)
def test_a_container_says_what_it_serves(container: dict[str, Any], artifact: str | None) -> None:
    assert artifact_of(container) == artifact


def test_exactly_the_given_variants_are_composed() -> None:
    composed = composed_of(DECLARED, DECLARED.variants[:1], shadow={"ModelDataUrl": "s3://b/v9"})

    assert [variant["VariantName"] for variant in composed.config["ProductionVariants"]] == ["champion"]
    assert composed.models[-1]["PrimaryContainer"]["ModelDataUrl"] == "s3://b/v9"
