"""No setting of sluice.yaml is without effect: its value, whatever it is, stands in a template."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from sluice.settings.reference import setting_names
from tests.infrastructure.projects import SETTINGS, Project, Templates, with_setting
from tests.infrastructure.reading import declaration, named, resource, resources

KEYS = "arn:aws:kms:us-east-1:123456789012:key"
OURS = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ours"
ALONE = with_setting("models.flights.variants", {"champion": {"artifact": "v1", "weight": 100}})
Find = Callable[[Templates], Any]


@dataclass(frozen=True)
class Effect:
    """Two values of a setting, where a template says the value, and what it says there.

    Attributes:
        setting: Dotted path.
        one: A value.
        other: Another value.
        find: Looks into the templates.
        said: From the value to what is found.

    """

    setting: str
    one: Any
    other: Any
    find: Find
    said: Callable[[Any], Any] = lambda value: value


def at(stack: str, kind: str, *path: str | int) -> Find:
    """Look at a path into the first resource of a type."""

    def find(templates: Templates) -> Any:
        found: Any = resources(getattr(templates, stack), kind)[0]
        for part in path:
            found = found[part]
        return found

    return find


def isolation(templates: Templates) -> bool:
    """Whether models are made without a network."""
    return bool(declaration(templates.serving)["model"].get("EnableNetworkIsolation", False))


def declared(*path: str | int) -> Find:
    """Look at a path into what the stack declares of the endpoint."""

    def find(templates: Templates) -> Any:
        found: Any = declaration(templates.serving)
        for part in path:
            found = found[part]
        return found

    return find


def champion_version(templates: Templates) -> str:
    return str(resource(templates.serving, "Custom::Routing")["Routing"].split('"champion": "')[1][0])


def step_percent(templates: Templates) -> Any:
    routing = update()(templates)
    return routing.get("CanarySize", routing.get("LinearStepSize"))["Value"]


def kept_days(templates: Templates) -> Any:
    bucket = named(templates.state, "AWS::S3::Bucket", "DataBucketData")["Properties"]
    return bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"]


def fates(templates: Templates) -> set[str]:
    kept = {"AWS::DynamoDB::GlobalTable", "AWS::KMS::Key", "AWS::S3::Bucket"}
    return {r["DeletionPolicy"] for r in templates.state["Resources"].values() if r["Type"] in kept}


update = partial(
    at,
    "serving",
    "AWS::SageMaker::Endpoint",
    "DeploymentConfig",
    "BlueGreenUpdatePolicy",
    "TrafficRoutingConfiguration",
)
target = partial(at, "serving", "AWS::ApplicationAutoScaling::ScalableTarget")
tracking = partial(
    at, "serving", "AWS::ApplicationAutoScaling::ScalingPolicy", "TargetTrackingScalingPolicyConfiguration"
)
authorizer = partial(at, "api", "AWS::ApiGatewayV2::Authorizer", "JwtConfiguration")
throttle = partial(at, "api", "AWS::ApiGatewayV2::Stage", "DefaultRouteSettings")
function = partial(at, "api", "AWS::Lambda::Function")
variable = partial(at, "api", "AWS::Lambda::Function", "Environment", "Variables")
captured = partial(declared, "config", "DataCaptureConfig")
endpoint_name = at("serving", "AWS::SageMaker::Endpoint", "EndpointName")

FLIGHTS = "models.flights"
ENDPOINT = f"{FLIGHTS}.endpoint"
TOGETHER = [
    Effect("name", "one", "other", endpoint_name, lambda name: f"{name}-flights"),
    Effect(f"{FLIGHTS}.variants.champion.artifact", "v1", "v2", champion_version, lambda path: path[1:]),
    Effect(f"{FLIGHTS}.variants.champion.weight", 90, 60, declared("variants", 0, "weight")),
    Effect(f"{FLIGHTS}.variants.challenger.weight", 10, 40, declared("variants", 1, "weight")),
    Effect(f"{ENDPOINT}.instance_type", "ml.c5.large", "ml.m5.large", declared("shape", "InstanceType")),
    Effect(f"{ENDPOINT}.instances", 2, 3, declared("shape", "InitialInstanceCount")),
    Effect(f"{ENDPOINT}.autoscaling.min", 2, 3, target("MinCapacity")),
    Effect(f"{ENDPOINT}.autoscaling.max", 4, 5, target("MaxCapacity")),
    Effect(f"{ENDPOINT}.autoscaling.invocations_per_instance_per_minute", 600, 900, tracking("TargetValue")),
    Effect(f"{ENDPOINT}.image", f"{OURS}:1", f"{OURS}:2", declared("image")),
    Effect(
        f"{ENDPOINT}.startup_timeout_seconds",
        300,
        400,
        declared("shape", "ContainerStartupHealthCheckTimeoutInSeconds"),
    ),
    Effect(f"{ENDPOINT}.volume_gb", 10, 20, declared("shape", "VolumeSizeInGB")),
    Effect(f"{ENDPOINT}.kms_key", f"{KEYS}/1", f"{KEYS}/2", declared("config", "KmsKeyId")),
    Effect(f"{ENDPOINT}.vpc.subnets", ["subnet-1"], ["subnet-2"], declared("model", "VpcConfig", "Subnets")),
    Effect(f"{ENDPOINT}.vpc.security_groups", ["sg-1"], ["sg-2"], declared("model", "VpcConfig", "SecurityGroupIds")),
    Effect(f"{ENDPOINT}.network_isolation", False, True, isolation),
    Effect(f"{FLIGHTS}.capture.percent", 10, 20, captured("InitialSamplingPercentage")),
    Effect(f"{FLIGHTS}.capture.keep_days", 7, 14, kept_days),
    Effect(f"{FLIGHTS}.update.strategy", "canary", "linear", update("Type"), str.upper),
    Effect(f"{FLIGHTS}.update.step_percent", 10, 20, step_percent),
    Effect(f"{FLIGHTS}.update.wait_seconds", 60, 120, update("WaitIntervalInSeconds")),
    Effect("access.mode", "jwt", "jwt", at("api", "AWS::ApiGatewayV2::Route", "AuthorizationType"), str.upper),
    Effect("access.jwt.issuer", "https://one.example", "https://other.example", authorizer("Issuer")),
    Effect("access.jwt.audience", ["one"], ["two", "three"], authorizer("Audience")),
    Effect("access.throttle.rate_per_second", 10, 30, throttle("ThrottlingRateLimit")),
    Effect("access.throttle.burst", 20, 40, throttle("ThrottlingBurstLimit")),
    Effect("inference.model_timeout_seconds", 3.0, 6.0, variable("SLUICE_MODEL_TIMEOUT_SECONDS"), str),
    Effect("inference.routing_seconds", 2.0, 4.0, variable("SLUICE_ROUTING_SECONDS"), str),
    Effect("inference.memory_mb", 512, 768, function("MemorySize")),
    Effect("logs.retention_days", 7, 14, at("api", "AWS::Logs::LogGroup", "RetentionInDays")),
    Effect("keep_data", True, False, fates, lambda keep: {"Retain" if keep else "Delete"}),
]


def settings_of(choose: Callable[[Effect], Any]) -> Mapping[str, Any]:
    settings: Mapping[str, Any] = SETTINGS
    for effect in TOGETHER:
        settings = with_setting(effect.setting, choose(effect), settings)
    return settings


@pytest.fixture(scope="module")
def one(project: Project) -> Templates:
    return project.synth(settings_of(lambda effect: effect.one))


@pytest.fixture(scope="module")
def other(project: Project) -> Templates:
    return project.synth(settings_of(lambda effect: effect.other))


@pytest.mark.parametrize("effect", TOGETHER, ids=lambda effect: effect.setting)
def test_the_value_of_a_setting_stands_in_a_template(effect: Effect, one: Templates, other: Templates) -> None:
    assert effect.find(one) == effect.said(effect.one)
    assert effect.find(other) == effect.said(effect.other)


def test_access_is_what_its_mode_says(project: Project) -> None:
    kinds = {
        mode: at("api", "AWS::ApiGatewayV2::Route", "AuthorizationType")(
            project.synth(with_setting("access", {"mode": mode}))
        )
        for mode in ("iam", "none")
    }

    assert kinds == {"iam": "AWS_IAM", "none": "NONE"}


def test_a_shadow_serves_its_artifact(project: Project) -> None:
    shadowed = [project.synth(with_setting("models.flights.shadow", {"artifact": v}, ALONE)) for v in ("v1", "v2")]

    urls = [declaration(templates.serving)["shadow"] for templates in shadowed]
    assert urls[0] != urls[1]


def test_an_image_of_ones_own_has_the_drivers_it_asks_for(project: Project) -> None:
    chosen = with_setting(f"{ENDPOINT}.image", f"{OURS}:1")
    amis = [f"al2-ami-sagemaker-inference-gpu-{version}" for version in ("2-1", "3-1")]

    templates = [project.synth(with_setting(f"{ENDPOINT}.ami", ami, chosen)) for ami in amis]

    assert [declaration(t.serving)["shape"]["InferenceAmiVersion"] for t in templates] == amis


def test_a_rolling_update_replaces_a_share_of_the_instances_at_a_time(project: Project) -> None:
    settings = with_setting("models.flights.endpoint.instances", 4, ALONE)
    rolling = {"strategy": "rolling", "step_percent": 25, "wait_seconds": 30}

    templates = project.synth(with_setting("models.flights.update", rolling, settings))

    config = resource(templates.serving, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    assert config == {
        "RollingUpdatePolicy": {
            "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
            "WaitIntervalInSeconds": 30,
            "MaximumExecutionTimeoutInSeconds": 4 * (30 + 1800 + 600),
        }
    }


def test_no_setting_is_missing_here() -> None:
    tried = {effect.setting.replace(".flights", ".<name>").replace(".champion", ".<name>") for effect in TOGETHER}
    tried |= {"models.<name>.shadow.artifact", "models.<name>.endpoint.ami"}

    untried = [name for name in setting_names() if not any(f"{t}.".startswith(f"{name}.") for t in tried)]
    assert untried == []
