from dataclasses import replace
from typing import Any

from sluice.domain.endpoint_config import Declaration, Variant, compose

DECLARED = Declaration(
    endpoint="sluice-flights",
    variants=(Variant("champion", "v1", 90), Variant("challenger", "v2", 10)),
    shape={"InstanceType": "ml.g6.xlarge", "InitialInstanceCount": 2},
    config={"DataCaptureConfig": {"EnableCapture": True}},
)
LIVE = (Variant("champion", "v7", 60, instances=5), Variant("challenger", "v8", 40, instances=3))


def served(config: dict[str, Any]) -> list[tuple[str, str, float, int]]:
    return [
        (v["VariantName"], v["ModelName"], v["InitialVariantWeight"], v["InitialInstanceCount"])
        for v in config["ProductionVariants"]
    ]


def test_a_new_endpoint_is_served_as_declared() -> None:
    config = compose(DECLARED)

    assert served(config) == [("champion", "v1", 90.0, 2), ("challenger", "v2", 10.0, 2)]
    assert config["DataCaptureConfig"] == {"EnableCapture": True}
    assert {variant["InstanceType"] for variant in config["ProductionVariants"]} == {"ml.g6.xlarge"}


def test_live_models_and_weights_are_carried_into_the_declared_shape() -> None:
    resized = replace(DECLARED, shape={"InstanceType": "ml.g6.2xlarge", "InitialInstanceCount": 2})

    config = compose(resized, LIVE)

    assert served(config) == [("champion", "v7", 60.0, 2), ("challenger", "v8", 40.0, 2)]
    assert {variant["InstanceType"] for variant in config["ProductionVariants"]} == {"ml.g6.2xlarge"}


def test_a_declared_variant_that_is_not_live_joins_without_traffic() -> None:
    config = compose(DECLARED, [Variant("champion", "v7", 100)])

    assert served(config) == [("champion", "v7", 100.0, 2), ("challenger", "v2", 0.0, 2)]


def test_a_live_variant_that_is_not_declared_stays() -> None:
    config = compose(replace(DECLARED, variants=DECLARED.variants[:1]), LIVE)

    assert [name for name, *_ in served(config)] == ["champion", "challenger"]


def test_live_instance_counts_are_kept_only_where_autoscaling_owns_them() -> None:
    config = compose(replace(DECLARED, keeps_instance_counts=True), LIVE)

    assert [count for *_, count in served(config)] == [5, 3]


def test_a_shadow_gets_a_variant_of_its_own() -> None:
    config = compose(replace(DECLARED, variants=DECLARED.variants[:1], shadow="v3"))

    (shadow,) = config["ShadowProductionVariants"]
    assert (shadow["VariantName"], shadow["ModelName"], shadow["InitialVariantWeight"]) == ("shadow", "v3", 1.0)
    assert shadow["InstanceType"] == "ml.g6.xlarge"


def test_the_same_content_has_the_same_name_and_other_content_another() -> None:
    name = compose(DECLARED, LIVE)["EndpointConfigName"]
    floats = [replace(variant, weight=float(variant.weight)) for variant in LIVE]

    assert compose(DECLARED, floats)["EndpointConfigName"] == name
    assert compose(replace(DECLARED, config={}), LIVE)["EndpointConfigName"] != name
    assert compose(DECLARED)["EndpointConfigName"] != name


def test_a_declaration_is_read_as_the_stack_writes_it() -> None:
    form = {
        "variants": [
            {"name": "champion", "model_name": "v1", "weight": 90},
            {"name": "challenger", "model_name": "v2", "weight": 10},
        ],
        "shape": DECLARED.shape,
        "config": DECLARED.config,
    }

    assert Declaration.from_dict("sluice-flights", form) == DECLARED
