"""What the admin API refuses, and what it only shows: nothing changes, so one deployment does for all."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from moto import mock_aws

from tests.functional.api.control_running import ControlApi
from tests.functional.deployed import deploy

T0 = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def deployed() -> Iterator[None]:
    with mock_aws():
        deploy()
        yield


@pytest.fixture
def idle() -> ControlApi:
    return ControlApi(T0)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("flights/rollouts/20261122T101500-0000", "rollout-not-found"),
        ("flights/rollouts/20261122T101500-0000/audit", "rollout-not-found"),
        ("flights/rollouts/20261122T101500-0000/explanation", "rollout-not-found"),
        ("flights/incidents/20261122T101500-0000", "rollout-not-found"),
        ("churn/rollouts", "not-found"),
        ("churn/incidents", "not-found"),
        ("churn/routing", "not-found"),
        ("flights/nothing", "not-found"),
    ],
)
def test_what_is_not_there_is_not_found(idle: ControlApi, path: str, problem: str) -> None:
    reply = idle.ask("GET", path)

    assert (reply.status, reply.problem) == (404, problem)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "candidate"),
        ({"candidate": {}}, "candidate"),
        ({"candidate": {"package": "1", "version": "2"}}, "candidate"),
        ({"candidate": {"version": "2"}}, "candidate"),
        ({"candidate": {"package": "1", "colour": "red"}}, "candidate.colour"),
        ({"candidate": {"package": 1}}, "candidate.package"),
        ({"candidate": {"version": "2 3", "artifact": "s3://data/m.tar.gz"}}, "candidate.version"),
        ({"candidate": {"version": "2", "artifact": "https://data/m.tar.gz"}}, "candidate.artifact"),
        ({"candidate": {"version": "2", "artifact": "s3://data/m.zip"}}, "candidate.artifact"),
        ({"candidate": {"package": "1"}, "why": "because"}, "why"),
        ({"candidate": {"package": "1"}, "reason": "x" * 1001}, "reason"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_the_place(idle: ControlApi, body: Any, where: str) -> None:
    reply = idle.ask("POST", "flights/rollouts", body)

    assert (reply.status, reply.problem) == (422, "invalid-request")
    assert where in {violation["where"] for violation in reply.json["violations"]}


def test_an_archive_that_is_none_is_refused_with_what_is_expected(idle: ControlApi) -> None:
    reply = idle.ask("POST", "flights/rollouts", {"candidate": {"version": "2", "artifact": "s3://data/model/"}})

    (violation,) = reply.json["violations"]
    assert violation["expected"] == "the S3 URL of a gzipped tar, s3://…/….tar.gz or s3://…/….gz"


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_limit_that_is_none_is_refused(idle: ControlApi, limit: str) -> None:
    reply = idle.ask("GET", "flights/rollouts", query=f"limit={limit}")

    assert (reply.status, reply.problem) == (422, "invalid-request")
    assert reply.json["violations"][0]["where"] == "limit"


@pytest.mark.parametrize("body", ["", "{", '"text"'])
def test_a_body_that_is_no_object_is_refused(idle: ControlApi, body: str) -> None:
    reply = idle.ask("POST", "flights/rollouts", body)

    assert reply.problem in ("malformed-body", "invalid-request")
    assert reply.status in (400, 422)


@pytest.mark.parametrize("plan", ["no such preset", {"stages": []}, {"stages": [{"kind": "no such kind"}]}])
def test_a_plan_that_cannot_be_carried_out_is_refused_with_the_reason(idle: ControlApi, plan: Any) -> None:
    reply = idle.start(plan=plan)

    assert (reply.status, reply.problem) == (422, "invalid-plan")


def test_nobody_acts_without_a_name(idle: ControlApi) -> None:
    for authorizer in (None, "jwt"):
        reply = idle.ask("GET", "flights/rollouts", authorizer=authorizer)

        assert (reply.status, reply.problem) == (403, "caller-unknown")


def test_the_routing_table_is_shown_with_its_author_and_etag(idle: ControlApi) -> None:
    reply = idle.ask("GET", "flights/routing")

    assert reply.json["weights"] == {"champion": 100}
    assert reply.json["versions"] == {"champion": "1"}
    assert reply.headers["etag"] == '"0"'
