"""What a function imports is what its cold start costs; each list is kept by reading it in a fresh interpreter."""

import subprocess
import sys

import pytest

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "SLUICE_TABLE": "state",
    "SLUICE_MODELS": "flights",
    "SLUICE_DEPLOYMENT": "sluice",
    "SLUICE_CONTROLLER": "reconcile",
    "SLUICE_RULES": "{}",
    "SLUICE_WATCHING": "{}",
    "SLUICE_RETRAINING": "{}",
    "SLUICE_ENDPOINTS": "flights=sluice-flights",
    "SLUICE_DEAD_LETTERS": "https://sqs.us-east-1.amazonaws.com/123456789012/dead",
}
WEB = {"fastapi", "starlette", "mangum", "aws_lambda_powertools", "sluice.api"}
DEVELOPMENT = {
    "yaml",
    "numpy",
    "pandas",
    "onnx",
    "onnxruntime",
    "aws_cdk",
    "rich",
    "typer",
    "moto",
    "local_cloud",
    "boto3",
}


def imported_by(module: str) -> set[str]:
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=True, capture_output=True, text=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("module", ["lambdas.endpoint_config", "lambdas.routing"])
def test_event_driven_functions_import_no_web_framework(module: str) -> None:
    assert imported_by(module) & (WEB | DEVELOPMENT) == set()


@pytest.mark.parametrize(
    "module", ["lambdas.index_predictions", "lambdas.report_unmatched_feedback", "lambdas.retrain"]
)
def test_event_driven_functions_that_measure_import_the_metrics_and_no_more_of_the_web(module: str) -> None:
    assert imported_by(module) & (WEB | DEVELOPMENT) == {"aws_lambda_powertools"}


@pytest.mark.parametrize("module", ["lambdas.summarise", "lambdas.judge_drift"])
def test_functions_that_watch_drift_import_numpy_besides(module: str) -> None:
    assert imported_by(module) & (WEB | DEVELOPMENT) == {"aws_lambda_powertools", "numpy"}


def test_the_function_of_references_imports_numpy_and_nothing_of_the_web() -> None:
    assert imported_by("lambdas.drift_reference") & (WEB | DEVELOPMENT) == {"numpy"}


@pytest.mark.parametrize("module", ["lambdas.inference", "lambdas.control", "lambdas.feedback"])
def test_functions_behind_the_api_import_nothing_that_only_developers_need(module: str) -> None:
    imported = imported_by(module)

    assert imported & DEVELOPMENT == set()
    assert imported >= WEB
