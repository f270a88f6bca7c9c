"""Who may approve: the policies that people are given, asked as IAM would ask them, and what roles of ours may."""

from collections.abc import Iterator
from typing import Any

from local_cloud.iam.policy import Request, evaluate
from tests.infrastructure.projects import Project, Template, Templates, with_setting
from tests.infrastructure.reading import resources, statement_of, text
from tests.infrastructure.test_training_stack import TRAINING

PREFIX = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>"
OURS, OTHERS = (f"{PREFIX}:model-package/{group}/3" for group in ("sluice-flights", "sluice-other"))
ALL = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


def policy(templates: Templates, name: str) -> list[dict[str, Any]]:
    """The statements of a managed policy by its name."""
    found = resources(templates.release, "AWS::IAM::ManagedPolicy")
    (document,) = [each["PolicyDocument"] for each in found if text(each["ManagedPolicyName"]) == name]
    return [statement_of(each) for each in document["Statement"]]


def may(statements: list[dict[str, Any]], action: str, version: str = OURS, status: str | None = None) -> bool:
    context = {"sagemaker:ModelApprovalStatus": status} if status else {}
    return evaluate(statements, Request(f"sagemaker:{action}", version, context)).allowed


def test_whoever_approves_decides_about_this_model_and_changes_nothing_else(templates: Templates) -> None:
    approver = policy(templates, "sluice-approve-flights-<AWS::Region>")

    assert may(approver, "UpdateModelPackage", status="Approved")
    assert may(approver, "UpdateModelPackage", status="Rejected")
    assert may(approver, "DescribeModelPackage")
    assert not may(approver, "UpdateModelPackage")
    assert not may(approver, "UpdateModelPackage", status="PendingManualApproval")
    assert not may(approver, "UpdateModelPackage", OTHERS, status="Approved")
    assert not may(approver, "CreateModelPackage", status="Approved")


def test_whoever_only_registers_approves_nothing_whatever_else_they_may(templates: Templates) -> None:
    registrar = [*ALL, *policy(templates, "sluice-deny-approval-flights-<AWS::Region>")]

    assert may(registrar, "CreateModelPackage", status="PendingManualApproval")
    assert may(registrar, "UpdateModelPackage")
    assert may(registrar, "UpdateModelPackage", OTHERS, status="Approved")
    for status in ("Approved", "Rejected", "PendingManualApproval"):
        assert not may(registrar, "UpdateModelPackage", status=status)
    assert not may(registrar, "CreateModelPackage", status="Approved")


def test_no_role_of_a_deployment_may_approve_what_is_registered(project: Project) -> None:
    trained = project.synth(with_setting("models.flights.training", TRAINING))

    for template in vars(trained).values():
        assert not [
            action for action in actions(template) if "UpdateModelPackage" in action or action in {"*", "sagemaker:*"}
        ]


def actions(template: Template) -> Iterator[str]:
    """Everything that roles of a template are allowed."""
    for kind in ("AWS::IAM::Policy", "AWS::IAM::Role"):
        for found in resources(template, kind) if template else ():
            documents = [found.get("PolicyDocument"), *(each["PolicyDocument"] for each in found.get("Policies", ()))]
            for statement in (each for document in documents if document for each in document["Statement"]):
                yield from statement_of(statement)["Action"]
