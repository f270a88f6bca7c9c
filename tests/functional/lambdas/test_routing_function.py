import importlib
import json
from dataclasses import replace
from typing import Any

import pytest

from sluice.aws.state import RoutingStore
from sluice.domain.routing import Routing
from tests.builders import a_custom_resource_event, a_routing, a_store
from tests.loopback_server import LoopbackServer

pytestmark = pytest.mark.usefixtures("fresh_function")
DECLARED = replace(a_routing(champion=90, challenger=10), author="deploy")


@pytest.fixture
def store(aws: Any, monkeypatch: pytest.MonkeyPatch) -> RoutingStore:
    monkeypatch.setenv("SLUICE_TABLE", "state")
    return a_store(aws("dynamodb"))


def told(request_type: str, routing: dict[str, Any]) -> dict[str, Any]:
    """What CloudFormation is told about a request."""
    with LoopbackServer() as server:
        event = a_custom_resource_event(request_type, server.url, Routing=json.dumps(routing))
        importlib.import_module("lambdas.routing").handler(event, None)
    answer: dict[str, Any] = json.loads(server.seen[0].body)
    return answer


def test_a_new_model_gets_its_table(store: RoutingStore) -> None:
    answer = told("Create", DECLARED.to_dict())

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "flights-routing")
    assert store.get("flights") == DECLARED


def test_a_deploy_leaves_the_weights_that_releases_chose(store: RoutingStore) -> None:
    live: Routing = a_routing(champion=20, challenger=80)
    store.put(live)

    answer = told("Update", DECLARED.to_dict())

    assert answer["Status"] == "SUCCESS"
    assert store.get("flights") == live


def test_a_model_that_leaves_the_deployment_takes_its_table_along(store: RoutingStore) -> None:
    store.put(DECLARED)

    assert told("Delete", DECLARED.to_dict())["Status"] == "SUCCESS"

    assert store.get("flights") is None


def test_a_table_that_cannot_be_served_fails_the_deploy_with_its_reason(store: RoutingStore) -> None:
    answer = told("Create", {**DECLARED.to_dict(), "weights": {"champion": 90, "challenger": 11}})

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("InvalidWeights: weights must sum to 100")
    assert store.get("flights") is None


@pytest.mark.usefixtures("store")
def test_what_could_not_be_created_can_be_deleted_so_that_a_rollback_ends() -> None:
    answer = told("Delete", {**DECLARED.to_dict(), "weights": {"champion": 90, "challenger": 11}})

    assert answer["Status"] == "SUCCESS"
