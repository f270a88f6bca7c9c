"""What a function imports is what its cold start costs; each list is kept by reading it in a fresh interpreter."""

import subprocess
import sys

import pytest

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "SLUICE_TABLE": "state",
    "SLUICE_MODELS": "flights",
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


def test_the_inference_function_imports_nothing_that_only_developers_need() -> None:
    imported = imported_by("lambdas.inference")

    assert imported & DEVELOPMENT == set()
    assert imported >= WEB
