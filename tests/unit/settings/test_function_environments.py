import pytest
from pydantic import ValidationError

from sluice.settings.functions import (
    ControlEnvironment,
    FunctionEnvironment,
    InferenceEnvironment,
    ReconcileEnvironment,
    RetrainEnvironment,
    RoutingEnvironment,
)


@pytest.mark.parametrize(
    "environment",
    [
        InferenceEnvironment(table="state", models="flights,churn", model_timeout_seconds=7.5, routing_seconds=2),
        RoutingEnvironment(table="${Token[State.Table.42]}"),
        ControlEnvironment(table="state", deployment="sluice", models="flights", controller="reconcile"),
        RetrainEnvironment(table="state", retraining="{}"),
        ReconcileEnvironment(
            table="state", deployment="sluice", models="flights", captures_uri="s3://data/captures", ops_items=True
        ),
    ],
    ids=lambda environment: type(environment).__name__,
)
def test_a_function_reads_what_the_stack_writes(environment: FunctionEnvironment) -> None:
    variables = environment.to_environment()

    assert type(environment).from_environment({"PATH": "/bin", **variables}) == environment
    assert all(isinstance(value, str) for value in variables.values())


def test_variables_are_named_after_their_settings() -> None:
    environment = InferenceEnvironment(table="state", models="flights")

    assert environment.to_environment() == {
        "SLUICE_TABLE": "state",
        "SLUICE_MODELS": "flights",
        "SLUICE_MODEL_TIMEOUT_SECONDS": "8.0",
        "SLUICE_ROUTING_SECONDS": "5.0",
    }


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, "table"),
        ({"SLUICE_TABLE": "state", "SLUICE_MODELS": "a", "SLUICE_ROUTING_SECONDS": "soon"}, "routing_seconds"),
    ],
)
def test_a_variable_that_is_missing_or_wrong_is_named(variables: dict[str, str], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        InferenceEnvironment.from_environment(variables)
