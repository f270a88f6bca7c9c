import importlib
import json
from typing import Any

import pytest

from tests.builders import an_event
from tests.functional.deployed import deploy


def a_function(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The deployed function."""
    monkeypatch.setenv("SLUICE_TABLE", "state")
    monkeypatch.setenv("SLUICE_MODELS", "flights")
    monkeypatch.setenv("SLUICE_DEPLOYMENT", "sluice")
    monkeypatch.setenv("SLUICE_CONTROLLER", "reconcile")
    return importlib.import_module("lambdas.control").handler


@pytest.mark.usefixtures("fresh_function", "aws")
def test_operators_ask_for_rollouts_through_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    deploy()
    function = a_function(monkeypatch)
    body = json.dumps({"candidate": {"version": "2", "artifact": "s3://data/2/model.tar.gz"}})
    path = "/admin/v1/models/flights/rollouts"

    started = function(an_event("POST", path, body, authorizer="iam", content_type="application/json"), None)
    listed = function(an_event("GET", path, authorizer="iam"), None)
    denied = function(an_event("GET", path), None)

    assert started["statusCode"] == 201
    assert [each["id"] for each in json.loads(listed["body"])["rollouts"]] == [json.loads(started["body"])["id"]]
    assert (denied["statusCode"], denied["isBase64Encoded"]) == (403, False)
