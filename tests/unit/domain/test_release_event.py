from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.domain.release_event import ToldApproval, approval_told_by, is_scheduled, models_named_by

MODELS = ["flights", "flights-2", "churn"]
ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/sluice-flights/2"
T0 = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
PACKAGE = "SageMaker Model Package State Change"


@pytest.mark.parametrize(
    ("event", "models"),
    [
        ({"detail-type": "Scheduled Event", "detail": {}}, MODELS),
        ({}, MODELS),
        ({"model": "churn"}, ["churn"]),
        ({"model": "fraud"}, []),
        ({"detail": {"EndpointName": "sluice-flights", "EndpointStatus": "IN_SERVICE"}}, ["flights"]),
        ({"detail": {"EndpointName": "sluice-flights-2"}}, ["flights-2"]),
        ({"detail": {"ModelPackageGroupName": "sluice-flights-2"}}, ["flights-2"]),
        ({"detail": {"alarmName": "sluice-flights-2-champion"}}, ["flights", "flights-2"]),
        ({"detail": {"alarmName": "sluice-churn-champion-errors"}}, ["churn"]),
        ({"detail": {"alarmName": "sluice-churn-champion"}}, ["churn"]),
        ({"detail": {"ModelPackageGroupName": "sluice-churn"}}, ["churn"]),
        ({"detail": {"EndpointName": "sluicegate-flights"}}, []),
    ],
)
def test_an_event_names_the_models_to_look_at(event: dict[str, Any], models: list[str]) -> None:
    assert models_named_by(event, deployment="sluice", models=MODELS) == models


def test_the_minutes_own_event_is_known() -> None:
    assert is_scheduled({"detail-type": "Scheduled Event"})
    assert not is_scheduled({"detail-type": PACKAGE})


@pytest.mark.parametrize(
    ("kind", "status", "updated", "is_approved"),
    [
        (PACKAGE, "Approved", None, True),
        (PACKAGE, "Approved", ["ModelApprovalStatus", "ApprovalDescription"], True),
        (PACKAGE, "Approved", ["CustomerMetadataProperties"], False),
        (PACKAGE, "Rejected", ["ModelApprovalStatus"], False),
        ("SageMaker Endpoint State Change", "Approved", None, False),
    ],
)
def test_only_the_approval_itself_is_an_approval(
    kind: str, status: str, updated: list[str] | None, *, is_approved: bool
) -> None:
    detail: dict[str, Any] = {"ModelPackageArn": ARN, "ModelApprovalStatus": status}
    if updated is not None:
        detail["UpdatedModelPackageFields"] = updated

    told = approval_told_by({"detail-type": kind, "detail": detail})

    assert told == (ToldApproval(ARN, None) if is_approved else None)


def test_an_event_without_detail_approves_nothing() -> None:
    assert approval_told_by({}) is None


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        ("2026-11-22T10:15:00Z", T0),
        ("2026-11-22T11:15:00+01:00", T0),
        ("2026-11-22T10:15:00", T0),
        ("1795342500000", T0),
        (1795342500000, T0),
        ("yesterday", None),
        ("9" * 40, None),
        (None, None),
    ],
)
def test_an_approvals_time_is_read_in_the_forms_it_is_told_in(time: object, moment: datetime | None) -> None:
    detail = {"ModelPackageArn": ARN, "ModelApprovalStatus": "Approved"}

    assert approval_told_by({"detail-type": PACKAGE, "detail": detail, "time": time}) == ToldApproval(ARN, moment)


def test_neither_an_edit_nor_a_late_event_makes_an_approval_younger() -> None:
    later = T0 + timedelta(minutes=1)

    assert ToldApproval(ARN, T0).happened_by(later) == T0
    assert ToldApproval(ARN, later).happened_by(T0) == T0
    assert ToldApproval(ARN, None).happened_by(later) == later
