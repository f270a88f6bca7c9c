"""No setting of sluice.yaml is without effect: its value, whatever it is, stands in a template."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from sluice.domain.alarm_name import AlarmKind, slot_alarm, variant_alarm
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.plan_form import read_plan
from sluice.settings.reference import setting_names
from tests.infrastructure.projects import SETTINGS, Project, Templates, with_setting
from tests.infrastructure.reading import declaration, granted, named, resource, resources, text
from tests.unit.settings.test_gate_settings import TRIED

KEYS = "arn:aws:kms:us-east-1:123456789012:key"
TOPICS = "arn:aws:sns:us-east-1:123456789012"
OURS = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ours"
FLIGHTS = "models.flights"
ENDPOINT = f"{FLIGHTS}.endpoint"
RETRAINING = f"{FLIGHTS}.retraining"
TRAINING = f"{FLIGHTS}.training"
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


def releases(name: str) -> Find:
    """Look at what releases are told."""
    return lambda templates: json.loads(text(resource(templates.serving, "Custom::Routing")["Declaration"]))[name]


def threshold(kind: AlarmKind) -> Find:
    """Where the challenger's alarm of a kind fires."""

    def find(templates: Templates) -> Any:
        name = variant_alarm(endpoint_name(templates), "challenger", kind)
        (found,) = [a for a in resources(templates.release, "AWS::CloudWatch::Alarm") if a["AlarmName"] == name]
        return found["Threshold"]

    return find


def makes_ops_items(templates: Templates) -> bool:
    return "ssm:CreateOpsItem" in granted(templates.release, "ControllerReconcileRole")


def told_topic(templates: Templates) -> str:
    name = slot_alarm(endpoint_name(templates), "champion")
    (found,) = [a for a in resources(templates.release, "AWS::CloudWatch::CompositeAlarm") if a["AlarmName"] == name]
    (topic,) = found["AlarmActions"]
    return str(topic)


def step_percent(templates: Templates) -> Any:
    routing = update()(templates)
    return routing.get("CanarySize", routing.get("LinearStepSize"))["Value"]


def trains(step: str, *path: str | int) -> Find:
    """Look at a path into the arguments of a step of the training pipeline."""

    def find(templates: Templates) -> Any:
        body = resource(templates.training, "AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
        steps = json.loads(text(body))["Steps"]
        listed = [*steps, *steps[-1]["Arguments"]["IfSteps"]]
        found = next(each["Arguments"] for each in listed if each["Name"] == step)
        for part in path:
            found = found[part]
        return found

    return find


def gated(option: str, step: str = "evaluate") -> Find:
    """What a processing job of the training pipeline is told with an option; unless it is named, the gate."""
    words = trains(step, "AppSpecification", "ContainerArguments")
    start = f"--{option}="
    return lambda templates: [
        word.removeprefix(start) for word in words(templates) if isinstance(word, str) and word.startswith(start)
    ]


def learnt(setting: str, one: Any, other: Any) -> Effect:
    """A setting of what is learnt from."""
    find = gated(setting.rpartition(".")[2].replace("_", "-"), "assemble")
    return Effect(f"{TRAINING}.{setting}", one, other, find, lambda value: [str(value)])


def depth(templates: Templates) -> dict[str, str]:
    told = trains("train", "HyperParameters")(templates)
    return {"depth": told["depth"]}


def ruled(setting: str) -> Find:
    """Look at what the functions that take feedback are told of the model's."""
    rules = at("feedback", "AWS::Lambda::Function", "Environment", "Variables", "SLUICE_RULES")
    return lambda templates: json.loads(rules(templates))["flights"][setting]


def watched(setting: str) -> Find:
    """Look at what the functions that watch for drift are told of the model's."""
    rules = at("monitoring", "AWS::Lambda::Function", "Environment", "Variables", "SLUICE_WATCHING")
    return lambda templates: json.loads(rules(templates))["flights"][setting]


def limited(setting: str) -> Find:
    """Look at what the function that trains anew is told of the model's."""
    told = at("retraining", "AWS::Lambda::Function", "Environment", "Variables", "SLUICE_RETRAINING")
    return lambda templates: json.loads(told(templates))["flights"][setting]


def hears_of_drift(templates: Templates) -> bool:
    """Whether the calls of what watches for drift start a retraining."""
    patterns = [each.get("EventPattern", {}) for each in resources(templates.retraining, "AWS::Events::Rule")]
    return any(pattern.get("detail") == {"model": ["flights"]} for pattern in patterns)


def kept_days(templates: Templates) -> Any:
    bucket = named(templates.state, "AWS::S3::Bucket", "DataBucketData")["Properties"]
    return bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"]


def kept_training_days(templates: Templates) -> Any:
    bucket = named(templates.state, "AWS::S3::Bucket", "DataBucketData")["Properties"]
    return bucket["LifecycleConfiguration"]["Rules"][1]["ExpirationInDays"]


def cost_of_a_thousand(templates: Templates) -> float:
    """What the dashboard takes an instance's hour to cost."""
    body = json.loads(text(resource(templates.observability, "AWS::CloudWatch::Dashboard")["DashboardBody"]))
    expressions = [
        line[0]["expression"]
        for w in body["widgets"]
        for line in w["properties"].get("metrics", ())
        if isinstance(line[0], dict) and line[0].get("label") == "champion cost of 1,000"
    ]
    (factor,) = [
        re.fullmatch(r"1000 \* (\S+) \* champion_instances / champion_predictions", each) for each in expressions
    ]
    assert factor is not None
    return round(60 * float(factor[1]), 3)


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
due = partial(at, "retraining", "AWS::Scheduler::Schedule")
resourced = partial(trains, "train", "ResourceConfig")
stopping = partial(trains, "train", "StoppingCondition")
endpoint_name = at("serving", "AWS::SageMaker::Endpoint", "EndpointName")

TOGETHER = [
    Effect("name", "one", "other", endpoint_name, lambda name: f"{name}-flights"),
    Effect(f"{FLIGHTS}.variants.champion.artifact", "v1", "v2", champion_version, lambda path: path[1:]),
    Effect(f"{FLIGHTS}.variants.champion.weight", 90, 60, declared("variants", 0, "weight")),
    Effect(f"{FLIGHTS}.variants.challenger.weight", 10, 40, declared("variants", 1, "weight")),
    Effect(f"{ENDPOINT}.instance_type", "ml.c5.large", "ml.m5.large", declared("shape", "InstanceType")),
    Effect(f"{ENDPOINT}.instances", 2, 3, declared("shape", "InitialInstanceCount")),
    Effect(f"{ENDPOINT}.hourly_price", 1.2, 3.0, cost_of_a_thousand),
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
    Effect(f"{FLIGHTS}.capture.sensitive", ["distance"], [], releases("sensitive")),
    Effect(f"{FLIGHTS}.feedback.minimum", -1.0, -2.0, ruled("minimum")),
    Effect(f"{FLIGHTS}.feedback.maximum", 5.0, 10.0, ruled("maximum")),
    Effect(f"{FLIGHTS}.feedback.keep_days", 7, 14, ruled("keep_days")),
    Effect(f"{FLIGHTS}.feedback.unit_window_hours", 0, 48, ruled("unit_window_hours")),
    Effect(f"{FLIGHTS}.feedback.label", "late", None, ruled("label")),
    Effect(f"{FLIGHTS}.monitoring.every_minutes", 30, 120, watched("every_minutes")),
    Effect(f"{FLIGHTS}.monitoring.false_alarms_per_30_days", 0.5, 2.0, watched("false_alarms_per_30_days")),
    Effect(f"{FLIGHTS}.monitoring.least_rows", 100, 200, watched("least_rows")),
    Effect(f"{FLIGHTS}.monitoring.keep_days", 7, 14, watched("keep_days")),
    Effect(f"{FLIGHTS}.monitoring.reference", "training", "hour_of_week", watched("reference")),
    Effect(f"{FLIGHTS}.monitoring.slices", [], ["distance"], watched("slices")),
    Effect(f"{RETRAINING}.schedule", "cron(0 3 ? * MON *)", "rate(7 days)", due("ScheduleExpression")),
    Effect(f"{RETRAINING}.timezone", "Europe/Berlin", "UTC", due("ScheduleExpressionTimezone")),
    Effect(f"{RETRAINING}.flexible_minutes", 15, 30, due("FlexibleTimeWindow", "MaximumWindowInMinutes")),
    Effect(f"{RETRAINING}.cooldown_hours", 12.0, 24.0, limited("cooldown_hours")),
    Effect(f"{RETRAINING}.drift_wait_hours", 1.5, 3.0, limited("drift_wait_hours")),
    Effect(f"{RETRAINING}.most_per_30_days", 4, 8, limited("most_per_30_days")),
    Effect(f"{RETRAINING}.pipeline", "ours", "others", limited("pipeline")),
    Effect(f"{RETRAINING}.on_drift", True, False, hears_of_drift),
    Effect(f"{TRAINING}.program", "a.b:one", "c:other", trains("train", "HyperParameters", "sluice_program")),
    Effect(f"{TRAINING}.image", f"{OURS}:1", f"{OURS}:2", trains("train", "AlgorithmSpecification", "TrainingImage")),
    Effect(f"{TRAINING}.label", "late", "delayed", gated("label"), lambda column: [column]),
    learnt("data.since_days", 30.0, 0.5),
    learnt("data.until_days", 2.0, 0.25),
    learnt("data.split", "80/10/10", "60/20/20"),
    learnt("data.max_per_unit", 0, 200),
    learnt("data.outliers", 10.0, 0.0),
    learnt("data.history", "2013.parquet", "old/2012.parquet"),
    learnt("data.history_time", "time", "scheduled_departure"),
    learnt("data.history_label", "late", "was_late"),
    learnt("features", "features:compute", "other.features:made"),
    Effect(f"{TRAINING}.hyperparameters", {"depth": "3"}, {"depth": "4"}, depth),
    Effect(f"{TRAINING}.instance_type", "ml.m5.xlarge", "ml.c5.xlarge", resourced("InstanceType")),
    Effect(f"{TRAINING}.instances", 1, 2, resourced("InstanceCount")),
    Effect(f"{TRAINING}.volume_gb", 10, 20, resourced("VolumeSizeInGB")),
    Effect(f"{TRAINING}.max_minutes", 10, 20, stopping("MaxRuntimeInSeconds"), lambda minutes: minutes * 60),
    Effect(f"{TRAINING}.spot", True, False, trains("train", "EnableManagedSpotTraining")),
    Effect(f"{TRAINING}.keep_days", 7, 14, kept_training_days),
    Effect(f"{TRAINING}.slices", ["carrier"], ["carrier", "origin"], gated("slice")),
    Effect(f"{TRAINING}.groups", ["carrier"], [], gated("group")),
    Effect(
        f"{TRAINING}.approval",
        "manual",
        "gate",
        trains("register", "ModelApprovalStatus"),
        lambda who: {"manual": "PendingManualApproval", "gate": "Approved"}[who],
    ),
    Effect(f"{FLIGHTS}.update.strategy", "canary", "linear", update("Type"), str.upper),
    Effect(f"{FLIGHTS}.update.step_percent", 10, 20, step_percent),
    Effect(f"{FLIGHTS}.update.wait_seconds", 60, 120, update("WaitIntervalInSeconds")),
    Effect(f"{FLIGHTS}.rollout.on_approval", "start", "ignore", releases("on_approval")),
    Effect(f"{FLIGHTS}.rollout.keep_unused", 1, 5, releases("keeps")),
    Effect(f"{FLIGHTS}.alarms.errors_percent", 1.5, 3.0, threshold(AlarmKind.ERRORS)),
    Effect(f"{FLIGHTS}.alarms.latency_milliseconds", 200, 300, threshold(AlarmKind.LATENCY), lambda ms: ms * 1000),
    Effect(f"{FLIGHTS}.alarms.overhead_milliseconds", 50, 70, threshold(AlarmKind.OVERHEAD), lambda ms: ms * 1000),
    Effect(f"{FLIGHTS}.alarms.breaches_percent", 0.5, 4.0, threshold(AlarmKind.GUARDRAILS)),
    Effect("access.mode", "jwt", "jwt", at("api", "AWS::ApiGatewayV2::Route", "AuthorizationType"), str.upper),
    Effect("access.jwt.issuer", "https://one.example", "https://other.example", authorizer("Issuer")),
    Effect("access.jwt.audience", ["one"], ["two", "three"], authorizer("Audience")),
    Effect("access.throttle.rate_per_second", 10, 30, throttle("ThrottlingRateLimit")),
    Effect("access.throttle.burst", 20, 40, throttle("ThrottlingBurstLimit")),
    Effect("inference.model_timeout_seconds", 3.0, 6.0, variable("SLUICE_MODEL_TIMEOUT_SECONDS"), str),
    Effect("inference.routing_seconds", 2.0, 4.0, variable("SLUICE_ROUTING_SECONDS"), str),
    Effect("inference.memory_mb", 512, 768, function("MemorySize")),
    Effect("logs.retention_days", 7, 14, at("api", "AWS::Logs::LogGroup", "RetentionInDays")),
    Effect("alarms.topic_arn", f"{TOPICS}:one", f"{TOPICS}:other", told_topic),
    Effect("alarms.ops_items", True, False, makes_ops_items),
    Effect("keep_data", True, False, fates, lambda keep: {"Retain" if keep else "Delete"}),
]


PLANS: list[dict[str, Any]] = [
    {
        "plan": "canary",
        "percents": [5, 100],
        "minutes": 2,
        "horizon_minutes": 777,
        "bake": {"minutes": 7, "holdback_percent": 9},
        "evidence": {
            "rollback_ratio": 1.25,
            "promote_ratio": 3,
            "rollback_alpha": 0.02,
            "promote_alpha": 0.1,
            "floor_rates": {"errors": 0.02},
            "min_requests": 11,
            "min_events": 12,
            "min_minutes": 13,
            "slow_factor": 2,
            "least_slow_milliseconds": 1,
            "mismatch_floor": 0.5,
        },
    },
    {"plan": "rolling", "step_percent": 50},
    {"plan": "shadow", "min_agreement": 0.95},
    {"plan": "bandit", "goal": "clicks", "percent": 30, "floor_percent": 5, "maturation_minutes": 30},
    {"plan": "internal_first", "units": ["ann"], "groups": ["staff"]},
    {"stages": ["preview", {"canary": {"percents": [20, 100]}}]},
]


def names_in(settings: Mapping[str, Any], prefix: str) -> set[str]:
    """Dotted names of the settings in a section."""
    sections = {name: value for name, value in settings.items() if name in ("bake", "evidence")}
    inner = {f"{prefix}.{name}.{each}" for name, section in sections.items() for each in section}
    return {f"{prefix}.{name}" for name in settings.keys() - sections.keys()} | inner


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


@pytest.mark.parametrize("rollout", PLANS, ids=lambda rollout: rollout.get("plan", "stages"))
def test_releases_go_by_the_plan_of_sluice_yaml(project: Project, rollout: dict[str, Any]) -> None:
    templates = project.synth(with_setting(f"{FLIGHTS}.rollout", rollout))

    assert Plan.from_dict(releases("plan")(templates)) == read_plan(rollout)


def test_a_shadow_serves_its_artifact(project: Project) -> None:
    shadowed = [project.synth(with_setting("models.flights.shadow", {"artifact": v}, ALONE)) for v in ("v1", "v2")]

    urls = [declaration(templates.serving)["shadow"] for templates in shadowed]
    assert urls[0] != urls[1]


def test_an_image_of_ones_own_has_the_drivers_it_asks_for(project: Project) -> None:
    chosen = with_setting(f"{ENDPOINT}.image", f"{OURS}:1")
    amis = [f"al2-ami-sagemaker-inference-gpu-{version}" for version in ("2-1", "3-1")]

    templates = [project.synth(with_setting(f"{ENDPOINT}.ami", ami, chosen)) for ami in amis]

    assert [declaration(t.serving)["shape"]["InferenceAmiVersion"] for t in templates] == amis


def test_without_a_limit_of_its_own_latency_has_half_the_time_a_model_has(project: Project) -> None:
    templates = project.synth(with_setting("inference.model_timeout_seconds", 3))

    assert threshold(AlarmKind.LATENCY)(templates) == 1_500_000


def test_an_address_is_subscribed(project: Project) -> None:
    addresses = ["one@example.com", "other@example.com"]

    templates = [project.synth(with_setting("alarms.email", address)) for address in addresses]

    assert [resource(t.release, "AWS::SNS::Subscription")["Endpoint"] for t in templates] == addresses


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
    tried |= {"models.<name>.monitoring.enabled"}  # test_monitoring_stack.py
    tried |= {f"models.<name>.gate.{name}" for name in TRIED}  # read by `sluice gate`: in no template
    tried |= {"models.<name>.gate.checks"}  # test_training_stack.py
    tried |= {"models.<name>.shadow.artifact", "models.<name>.endpoint.ami", "alarms.email"}
    tried |= {name for plan in PLANS for name in names_in(plan, "models.<name>.rollout")}

    untried = [name for name in setting_names() if not any(f"{t}.".startswith(f"{name}.") for t in tried)]
    assert untried == []
