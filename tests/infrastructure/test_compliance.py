"""The templates follow AwsSolutions and CloudFormation's schemas; what they do not follow has a reason."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from cdk.compliance import acknowledge_wildcard, check
from sluice.settings.deployment import Deployment
from stacks.state import State
from tests.infrastructure.projects import SETTINGS, Project, with_setting

EVERYTHING = {
    "models.flights.endpoint.instance_type": "ml.c5.large",
    "models.flights.endpoint.instances": 2,
    "models.flights.endpoint.autoscaling": {"min": 2, "max": 4, "invocations_per_instance_per_minute": 600},
    "models.flights.endpoint.volume_gb": 10,
    "models.flights.endpoint.kms_key": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
    "models.flights.endpoint.vpc": {"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]},
    "models.flights.endpoint.image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/ours:1",
    "models.flights.update": {"strategy": "canary"},
    "models.flights.retraining": {"schedule": "cron(0 3 ? * MON *)", "timezone": "Europe/Berlin"},
    "models.flights.training": {
        "program": "programs.flights:train",
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/training:1",
        "label": "late",
        "spot": True,
    },
    "access": {"mode": "none"},
    "alarms": {"email": "on-call@example.com", "ops_items": True},
    "keep_data": False,
}


def with_everything() -> dict[str, Any]:
    settings = SETTINGS
    for path, value in EVERYTHING.items():
        settings = with_setting(path, value, settings)
    return settings


CASES = pytest.mark.parametrize("settings", [SETTINGS, with_everything()], ids=["smallest", "everything"])


def checked(project: Project, settings: dict[str, Any]) -> Path:
    """The assembly of settings that AwsSolutions agreed to: a synth with an open finding raises."""
    app = project.app(settings)
    check(app)
    return Path(app.synth().directory)


def accepted(assembly: Path) -> list[dict[str, Any]]:
    """The findings that were acknowledged."""
    report = json.loads((assembly / "validation-report.json").read_text())
    (nag,) = [plugin for plugin in report["pluginReports"] if plugin["pluginName"] == "AwsSolutions"]
    assert nag["violations"] == []
    return [dict(finding) for finding in nag["suppressedViolations"]]


def acknowledged(assembly: Path) -> set[tuple[str, str]]:
    """Where something is acknowledged, and what."""
    places: dict[str, list[dict[str, Any]]] = {}
    for file in assembly.glob("*.metadata.json"):
        places.update(json.loads(file.read_text()))
    return {
        (place.lstrip("/"), rule)
        for place, entries in places.items()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule in entry["data"]
    }


@CASES
def test_every_finding_of_awssolutions_is_accepted_for_a_reason(project: Project, settings: dict[str, Any]) -> None:
    findings = accepted(checked(project, settings))

    assert findings
    assert all(len(finding["reason"].split()) > 5 for finding in findings)


@CASES
def test_nothing_is_acknowledged_that_was_not_found(project: Project, settings: dict[str, Any]) -> None:
    assembly = checked(project, settings)

    needed = {(finding["acknowledgedAt"], finding["acknowledgedId"]) for finding in accepted(assembly)}
    assert acknowledged(assembly) - needed == set()


def test_a_resource_that_cdk_nag_would_spell_otherwise_is_refused() -> None:
    stack = State(App(), "state", deployment=Deployment.model_validate(SETTINGS))

    with pytest.raises(ValueError, match="cannot spell"):
        acknowledge_wildcard(stack, stack.key.key_arn, "a reason")


@pytest.mark.slow
def test_cloudformation_knows_every_property(project: Project) -> None:
    folders = [Path(project.app(settings).synth().directory) for settings in (SETTINGS, with_everything())]
    written = [str(template) for folder in folders for template in folder.glob("*.template.json")]

    # W3005: a dependency the CDK writes although a reference implies it.
    linter = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "--template", *written]
    run = subprocess.run(linter, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout) == (0, "")
