import importlib
from typing import Any

import pytest

from tests.functional.release_world import MODEL, World

pytestmark = pytest.mark.usefixtures("fresh_function")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the stack writes it."""
    monkeypatch.setenv("SLUICE_TABLE", "state")
    monkeypatch.setenv("SLUICE_DEPLOYMENT", "sluice")
    monkeypatch.setenv("SLUICE_MODELS", "flights,churn")
    monkeypatch.setenv("SLUICE_CAPTURES_URI", "s3://captures/flights")


def outcomes(event: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = importlib.import_module("lambdas.reconcile").handler(event, None)
    return found


@pytest.mark.usefixtures("environment")
def test_every_minute_all_models_are_looked_at(world: World) -> None:
    rollout = world.start("v2")

    seen = outcomes({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}})

    assert seen.keys() == {MODEL, "churn"}
    assert seen["churn"] == "not deployed"
    assert world.rollout(rollout.id).revision > rollout.revision


@pytest.mark.usefixtures("environment", "world")
def test_an_event_of_an_endpoint_is_about_its_model() -> None:
    detail = {"EndpointName": "sluice-flights", "EndpointStatus": "IN_SERVICE"}

    seen = outcomes({"detail-type": "SageMaker Endpoint State Change", "source": "aws.sagemaker", "detail": detail})

    assert seen == {MODEL: "nothing to release"}
