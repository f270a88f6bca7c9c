from pathlib import Path

import pytest

from sluice.settings.monitoring import as_environment, from_environment
from sluice.settings.source import InvalidSettings, parse

FILE = Path("sluice.yaml")
MODEL = """\
models:
  flights:
    variants:
      champion: {artifact: build/v1, weight: 100}
"""
TWO_VARIANTS = MODEL.replace("weight: 100}", "weight: 90}\n      challenger: {artifact: build/v2, weight: 10}")


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidSettings) as invalid:
        parse(text, FILE)
    return str(invalid.value).splitlines()


NAMES = "a name is lower-case letters and digits with single hyphens between, a letter first"


@pytest.mark.parametrize("name", ["Flights", "flights_late", "flights.late", "1st", "a--b", "-a", "a-", "2026-11-21"])
def test_names_sagemaker_would_not_take_are_refused(name: str) -> None:
    assert problems(MODEL.replace("flights", f"{name}")) == [f"sluice.yaml:2: models.{name}: {NAMES}, got {name}"]
    assert problems(f"name: {name}\n{MODEL}") == [f"sluice.yaml:1: name: {NAMES}, got {name}"]


@pytest.mark.parametrize("slot", ["Champion", "canary", "challenger_2", "challenger-1"])
def test_variants_have_the_names_of_slots(slot: str) -> None:
    expected = f"models.flights.variants.{slot}: a variant is named champion, challenger, challenger-2 … challenger-9"

    assert problems(MODEL.replace("champion", slot)) == [f"sluice.yaml:4: {expected}, got {slot}"]


def test_an_endpoint_name_leaves_room_for_its_configs_hash() -> None:
    model = "m" * 40

    (problem,) = problems(f"name: {'d' * 20}\n{MODEL.replace('flights', model)}")

    assert problem.startswith(
        f"sluice.yaml:2: models: the endpoint name {'d' * 20}-{model} is longer than 52 characters"
    )
    fits = parse(f"name: {'d' * 11}\n{MODEL.replace('flights', model)}", FILE)
    assert len(fits.endpoint_name(model)) == 52


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (MODEL.replace("100", "90"), "3: models.flights.variants: weights must sum to 100, got champion 90 = 90"),
        (MODEL.replace("100", "0"), "3: models.flights.variants: weights must sum to 100, got champion 0 = 0"),
        (
            MODEL.replace("champion", "challenger"),
            "3: models.flights.variants: a champion is needed: it answers when another variant fails",
        ),
        (
            TWO_VARIANTS + "    shadow: {artifact: build/v3}\n",
            "6: models.flights.shadow: SageMaker allows a shadow variant only beside exactly one production variant",
        ),
        (
            TWO_VARIANTS + "    endpoint: {instances: 2}\n    update: {strategy: rolling}\n",
            (
                "7: models.flights.update.strategy: SageMaker does not do rolling updates of several production "
                "variants, got rolling"
            ),
        ),
        (
            MODEL + "    update: {strategy: canary}\n",
            (
                "5: models.flights.update.strategy: canary moves a share of the instances, which takes at least 2 "
                "(endpoint.instances or endpoint.autoscaling.min), got canary"
            ),
        ),
        (
            MODEL + "    endpoint: {instances: 2}\n    update: {strategy: linear, step_percent: 5}\n",
            "6: models.flights.update.step_percent: a linear step is 10 to 50 percent, got 5",
        ),
        (
            MODEL + "    update: {wait_seconds: 5}\n",
            "5: models.flights.update: step_percent and wait_seconds have no effect with strategy all_at_once",
        ),
        (
            MODEL
            + "    endpoint: {instances: 2}\n    update: {strategy: linear, step_percent: 13, wait_seconds: 3600}\n",
            (
                "6: models.flights.update.wait_seconds: 8 waits are 28800 s and a container may take 600 s to start, "
                "but SageMaker ends an update after 28800 s, got 3600"
            ),
        ),
        (
            MODEL + "    endpoint: {instance_type: ml.inf2.xlarge}\n",
            (
                "5: models.flights.endpoint.instance_type: ml.inf2.xlarge has AWS's own accelerators, which the image "
                "of model_container/ cannot use: set image to one that can, got ml.inf2.xlarge"
            ),
        ),
        (
            MODEL + "    endpoint: {instance_type: t3.large}\n",
            (
                "5: models.flights.endpoint.instance_type: SageMaker hosts on types such as ml.g6.xlarge, "
                "ml.c7i.large, got t3.large"
            ),
        ),
        (
            MODEL + "    endpoint: {instance_type: ml.g7e.huge}\n",
            (
                "5: models.flights.endpoint.instance_type: SageMaker hosts on types such as ml.g7e.12xlarge, "
                "ml.g7e.24xlarge, ml.g7e.2xlarge, ml.g7e.48xlarge, ml.g7e.4xlarge, ml.g7e.8xlarge, got ml.g7e.huge"
            ),
        ),
        (
            MODEL + "    endpoint: {kms_key: 'arn:aws:kms:us-east-1:123456789012:key/1-a'}\n",
            (
                "5: models.flights.endpoint.kms_key: ml.g6.xlarge has local NVMe storage, which no KMS key can "
                "encrypt, got 'arn:aws:kms:us-east-1:123456789012:key/1-a'"
            ),
        ),
        (
            MODEL + "    endpoint: {instance_type: ml.m5.large, kms_key: 1-a}\n",
            (
                "5: models.flights.endpoint.kms_key: a key is named by its ARN, such as "
                "arn:aws:kms:us-east-1:123456789012:key/..., got 1-a"
            ),
        ),
        (
            MODEL + "    endpoint: {volume_gb: 30}\n",
            "5: models.flights.endpoint.volume_gb: ml.g6.xlarge has local NVMe storage of a fixed size, got 30",
        ),
        (
            MODEL
            + "    endpoint:\n      instances: 9\n"
            + "      autoscaling: {min: 1, max: 3, invocations_per_instance_per_minute: 10}\n",
            "6: models.flights.endpoint.instances: must be from autoscaling.min to max (1 to 3), got 9",
        ),
        (
            MODEL + "    endpoint: {autoscaling: {min: 4, max: 3, invocations_per_instance_per_minute: 10}}\n",
            "5: models.flights.endpoint.autoscaling.max: must be at least min (4), got 3",
        ),
        (MODEL + "access: {mode: jwt}\n", "5: access.jwt: required by mode jwt"),
        (
            MODEL + "access:\n  jwt: {issuer: 'https://id.example', audience: [a]}\n",
            "6: access.jwt: has no effect in mode iam",
        ),
    ],
)
def test_what_sagemaker_does_not_do_together_is_refused_with_the_reason(text: str, problem: str) -> None:
    assert problems(text) == [f"sluice.yaml:{problem}"]


@pytest.mark.parametrize("issuer", ["http://id.example", "https://", "id.example", "ftp://id.example", "https://["])
def test_an_issuer_is_a_url_whose_tokens_can_be_trusted(issuer: str) -> None:
    (problem,) = problems(f"{MODEL}access: {{mode: jwt, jwt: {{issuer: '{issuer}', audience: [a]}}}}\n")

    assert problem.startswith("sluice.yaml:5: access.jwt.issuer: ")
    assert problem.endswith(f", got '{issuer}'")


@pytest.mark.parametrize("issuer", ["https://id.example/pool", "http://127.0.0.1:8080", "http://localhost:8080"])
def test_an_issuer_may_be_on_this_machine(issuer: str) -> None:
    deployment = parse(f"{MODEL}access: {{mode: jwt, jwt: {{issuer: '{issuer}', audience: [a]}}}}\n", FILE)

    assert deployment.access.jwt is not None
    assert deployment.access.jwt.issuer == issuer


@pytest.mark.parametrize(
    "more",
    [
        "    endpoint: {instances: 2}\n    update: {strategy: rolling}\n",
        "    endpoint: {instances: 2}\n    update: {strategy: rolling, step_percent: 13, wait_seconds: 3500}\n",
        "    shadow: {artifact: build/v3}\n",
        "    endpoint: {instance_type: ml.m5.large, volume_gb: 30}\n",
        "    endpoint: {instance_type: ml.c5.large, kms_key: 'arn:aws-us-gov:kms:us-gov-east-1:123456789012:key/1'}\n",
        (
            "    endpoint:\n      instances: 2\n"
            "      autoscaling: {min: 2, max: 4, invocations_per_instance_per_minute: 600}\n"
            "    update: {strategy: canary, step_percent: 5}\n"
        ),
    ],
)
def test_what_sagemaker_does_do_together_is_allowed(more: str) -> None:
    assert parse(MODEL + more, FILE).models.keys() == {"flights"}


@pytest.mark.parametrize(
    ("slices", "said"),
    [
        ("[a, a]", "names differ, got a, a"),
        ("[a, b, c, d]", "List should have at most 3 items after validation, not 4"),
        ("carrier", "must be a list, got carrier"),
    ],
)
def test_slices_are_a_few_inputs_each_once(slices: str, said: str) -> None:
    (problem,) = problems(f"{MODEL}    monitoring:\n      slices: {slices}\n")

    assert problem == f"sluice.yaml:6: models.flights.monitoring.slices: {said}"


def test_an_earlier_week_must_be_kept_to_be_compared_with() -> None:
    (problem,) = problems(f"{MODEL}    monitoring:\n      reference: hour_of_week\n      keep_days: 7\n")

    assert problem.startswith("sluice.yaml:7: models.flights.monitoring.keep_days: at least 10 for the same hours")


def test_functions_get_to_know_what_hours_are_compared_with() -> None:
    text = f"{MODEL}    monitoring: {{reference: hour_of_week}}\n"

    (by_week,) = from_environment(as_environment(parse(text, FILE).watched)).values()

    assert by_week.by_week
