"""The stack owns how endpoints run and leaves to releases what they serve."""

import json
from fnmatch import fnmatch

import pytest

from sluice.aws.artifacts import artifact_key
from sluice.domain.declared_release import DeclaredRelease
from sluice.domain.endpoint_config import Declaration, Variant, compose
from sluice.domain.replay.transform import Transform, compose_transform
from sluice.domain.routing import Routing
from tests.infrastructure.projects import Project, Templates, with_setting, write_model
from tests.infrastructure.reading import declaration, granted, named, resource, resources, text

ENDPOINT = "AWS::SageMaker::Endpoint"
AUTOSCALING = {"min": 1, "max": 4, "invocations_per_instance_per_minute": 600}
ONE_VARIANT = with_setting("models.flights.variants", {"champion": {"artifact": "v1", "weight": 100}})


def test_the_endpoint_keeps_live_weights_when_it_is_updated(templates: Templates) -> None:
    endpoint = resource(templates.serving, ENDPOINT)

    assert endpoint["EndpointName"] == "sluice-flights"
    assert endpoint["RetainAllVariantProperties"] is True
    assert {"VariantPropertyType": "DesiredWeight"} not in endpoint["ExcludeRetainedVariantProperties"]


def test_the_endpoint_takes_its_config_from_the_function_that_knows_what_is_live(templates: Templates) -> None:
    endpoint = resource(templates.serving, ENDPOINT)

    config, attribute = endpoint["EndpointConfigName"]["Fn::GetAtt"]
    assert templates.serving["Resources"][config]["Type"] == "Custom::EndpointConfig"
    assert attribute == "EndpointConfigName"
    assert not resources(templates.serving, "AWS::SageMaker::EndpointConfig")


def test_no_property_of_the_endpoint_changes_without_a_new_config_name(templates: Templates) -> None:
    endpoint = resource(templates.serving, ENDPOINT)
    config = resource(templates.serving, "Custom::EndpointConfig")

    seen = json.loads(config["EndpointProperties"])
    assert seen == {name: value for name, value in endpoint.items() if name != "EndpointConfigName"}


def test_instance_counts_are_ours_unless_autoscaling_owns_them(project: Project, templates: Templates) -> None:
    scaled = project.synth(with_setting("models.flights.endpoint.autoscaling", AUTOSCALING))

    ours = resource(templates.serving, ENDPOINT)["ExcludeRetainedVariantProperties"]
    with_scaling = resource(scaled.serving, ENDPOINT)["ExcludeRetainedVariantProperties"]
    assert ours == [{"VariantPropertyType": "DataCaptureConfig"}, {"VariantPropertyType": "DesiredInstanceCount"}]
    assert with_scaling == [{"VariantPropertyType": "DataCaptureConfig"}]
    assert declaration(templates.serving)["keeps_instance_counts"] is False
    assert declaration(scaled.serving)["keeps_instance_counts"] is True


def test_the_declaration_becomes_the_config_sagemaker_is_asked_for(templates: Templates) -> None:
    declared = Declaration.from_dict("sluice-flights", declaration(templates.serving))

    composed = compose(declared)

    config = composed.config
    champion, challenger = config["ProductionVariants"]
    assert (champion["VariantName"], champion["InitialVariantWeight"]) == ("champion", 90)
    assert (challenger["VariantName"], challenger["InitialVariantWeight"]) == ("challenger", 10)
    assert champion["InstanceType"] == "ml.g6.xlarge"
    assert champion["InitialInstanceCount"] == 1
    assert champion["InferenceAmiVersion"] == "al2023-ami-sagemaker-inference-gpu-4-1"
    assert [champion["ModelName"], challenger["ModelName"]] == [model["ModelName"] for model in composed.models]
    assert all(len(name) <= 63 for name in (composed.config_name, champion["ModelName"]))
    assert config["DataCaptureConfig"]["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]


def test_a_new_instance_type_reaches_the_endpoint_with_the_models_that_are_live(project: Project) -> None:
    bigger = project.synth(with_setting("models.flights.endpoint.instance_type", "ml.g6.2xlarge"))
    live = [
        Variant("champion", {"ModelDataUrl": "s3://released-last-week"}, 70, 1),
        Variant("challenger", {"ModelDataUrl": "s3://being-released"}, 30, 1),
    ]

    composed = compose(Declaration.from_dict("sluice-flights", declaration(bigger.serving)), live)

    artifacts = [model["PrimaryContainer"]["ModelDataUrl"] for model in composed.models]
    variants = composed.config["ProductionVariants"]
    assert artifacts == ["s3://released-last-week", "s3://being-released"]
    assert [variant["InitialVariantWeight"] for variant in variants] == [70, 30]
    assert {variant["InstanceType"] for variant in variants} == {"ml.g6.2xlarge"}


def test_models_are_made_by_who_knows_what_is_live_and_not_by_the_template(templates: Templates) -> None:
    assert not resources(templates.serving, "AWS::SageMaker::Model")


def test_an_artifact_is_uploaded_as_an_archive_and_named_after_its_content(templates: Templates) -> None:
    urls = [variant["artifact"] for variant in declaration(templates.serving)["variants"]]

    assert len(set(urls)) == 2
    assert all(url.startswith("s3://cdk-") and url.endswith(".gz") for url in urls)


def test_the_routing_table_is_written_when_the_endpoint_is_there(templates: Templates) -> None:
    routing = named(templates.serving, "Custom::Routing", "Routing")

    declared = Routing.from_dict(json.loads(routing["Properties"]["Routing"]))
    dependencies = {templates.serving["Resources"][name]["Type"] for name in routing["DependsOn"]}
    assert ENDPOINT in dependencies
    assert declared.weights == {"champion": 90, "challenger": 10}
    assert declared.versions == {"champion": "1", "challenger": "2"}
    assert (declared.endpoint, declared.salt, declared.signature.version) == ("sluice-flights", "flights", "1")


def test_releases_are_told_what_they_carry_out_within(templates: Templates) -> None:
    routing = resource(templates.serving, "Custom::Routing")

    form = json.loads(text(routing["Declaration"]))
    told = DeclaredRelease.from_dict("flights", form)
    assert told.endpoint == "sluice-flights"
    assert form["declaration"] == declaration(templates.serving)
    assert told.config_name == text(resource(templates.serving, ENDPOINT)["EndpointConfigName"])
    assert told.declared_slots == {"champion", "challenger"}
    assert (told.on_approval, told.keeps, told.routing_seconds) == ("start", 3, 5)


def test_a_custom_resource_that_does_not_answer_fails_within_minutes(templates: Templates) -> None:
    kinds = ("Custom::EndpointConfig", "Custom::Routing")

    assert [resource(templates.serving, kind)["ServiceTimeout"] for kind in kinds] == ["960", "300"]


def test_the_model_role_reads_artifacts_writes_its_captures_and_little_else(templates: Templates) -> None:
    allowed = granted(templates.serving, "ModelRole")

    assert set(allowed) == {
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutMetricData",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }
    assets, registered, replays = allowed["s3:GetObject"]
    assert assets.endswith("/*.gz")
    assert fnmatch(artifact_key("flights", "2", "0123abcd"), registered.partition("/")[2])
    assert [target.rsplit(":", 1)[1] for target in allowed["cloudwatch:DescribeAlarms"]] == ["sluice-flights-*"]
    captures, answers = allowed["s3:PutObject"]
    assert captures.endswith("/captures/sluice-flights/*")
    assert fnmatch(a_replay().requests_key, replays.partition("/")[2])
    assert fnmatch(f"{a_replay().answers_prefix}requests.jsonl.out", answers.partition("/")[2])
    assert ["TransformJobs" in target for target in allowed["logs:CreateLogGroup"]] == [True]


def a_replay() -> Transform:
    """A job that a replay makes."""
    declared = Declaration("sluice-flights", (), "image:1", {}, {}, {})
    return compose_transform(declared, "s3://x.tar.gz", bucket="data", identity="0f3a", instance_type="ml.m5.large")


def test_a_model_without_capture_may_write_nowhere(project: Project) -> None:
    silent = project.synth(with_setting("models.flights.capture.percent", 0))

    assert "DataCaptureConfig" not in declaration(silent.serving)["config"]
    assert not {"s3:PutObject", "kms:GenerateDataKey"} & set(granted(silent.serving, "ModelRole"))


def test_a_model_in_a_vpc_gets_interfaces_there_and_only_there(project: Project) -> None:
    vpc = {"subnets": ["subnet-a"], "security_groups": ["sg-a"]}

    private = project.synth(with_setting("models.flights.endpoint.vpc", vpc))

    allowed = granted(private.serving, "ModelRole")
    assert {target.rsplit(":", 1)[1] for target in allowed["ec2:CreateNetworkInterface"]} == {
        "network-interface/*",
        "security-group/sg-a",
        "subnet/subnet-a",
    }


def test_the_functions_of_the_deployment_touch_configs_of_its_endpoints_and_routing_tables(
    templates: Templates,
) -> None:
    configs = granted(templates.serving, "EndpointConfigFunctionRole")
    routing = granted(templates.serving, "RoutingFunctionRole")

    assert {target.rsplit(":", 1)[1] for target in configs["sagemaker:CreateEndpointConfig"]} == {
        "endpoint-config/sluice-*"
    }
    assert {target.rsplit(":", 1)[1] for target in configs["sagemaker:CreateModel"]} == {"model/sluice-*"}
    assert len(configs["iam:PassRole"]) == 1
    assert {action for action in configs if action.startswith("sagemaker:")} == {
        "sagemaker:CreateEndpointConfig",
        "sagemaker:CreateModel",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeModel",
    }
    assert {action for action in routing if action.startswith("dynamodb:")} == {
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
    }


def test_each_slot_scales_by_itself_once_the_endpoint_is_there(project: Project) -> None:
    scaled = project.synth(with_setting("models.flights.endpoint.autoscaling", AUTOSCALING)).serving

    targets = resources(scaled, "AWS::ApplicationAutoScaling::ScalableTarget")
    policies = resources(scaled, "AWS::ApplicationAutoScaling::ScalingPolicy")
    waiting = named(scaled, "AWS::ApplicationAutoScaling::ScalableTarget", "championscaling")["DependsOn"]
    assert {target["ResourceId"] for target in targets} == {
        "endpoint/sluice-flights/variant/champion",
        "endpoint/sluice-flights/variant/challenger",
    }
    assert {p["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for p in policies} == {600}
    assert [scaled["Resources"][name]["Type"] for name in waiting] == [ENDPOINT]


@pytest.mark.parametrize(
    ("instance_type", "target", "platform"),
    [
        ("ml.g6.xlarge", "gpu", "linux/amd64"),
        ("ml.c7i.large", "cpu", "linux/amd64"),
        ("ml.c7g.large", "cpu", "linux/arm64"),
        ("ml.p6e-gb200.36xlarge", "gpu", "linux/arm64"),
    ],
)
def test_the_image_is_built_for_the_processor_of_the_instance_type(
    project: Project, instance_type: str, target: str, platform: str
) -> None:
    app = project.app(with_setting("models.flights.endpoint.instance_type", instance_type))

    assembly = app.synth()

    manifest = json.loads((project.folder / assembly.directory / "sluice-serving.assets.json").read_text())
    (image,) = manifest["dockerImages"].values()
    assert image["source"]["dockerBuildTarget"] == target
    assert image["source"]["platform"] == platform
    assert image["source"]["dockerFile"] == "model_container/Dockerfile"


def test_a_shadow_gets_a_model_and_a_place_in_the_declaration(project: Project) -> None:
    shadowed = project.synth(with_setting("models.flights.shadow", {"artifact": "v2"}, ONE_VARIANT))

    declared = declaration(shadowed.serving)
    assert declared["shadow"].endswith(".gz")
    assert declared["shadow"] not in {variant["artifact"] for variant in declared["variants"]}


def test_every_model_gets_an_endpoint_of_its_own(project: Project) -> None:
    write_model(project.folder / "delays", model="flights-routing")
    second = {"variants": {"champion": {"artifact": "delays", "weight": 100}}}

    both = project.synth(with_setting("models.flights-routing", second))

    names = {endpoint["EndpointName"] for endpoint in resources(both.serving, ENDPOINT)}
    assert names == {"sluice-flights", "sluice-flights-routing"}
    assert both.serving["Outputs"]["EndpointNames"]["Value"] == "sluice-flights,sluice-flights-routing"
