"""What does a cold start cost: CPU time to import each function's handler, next to what others import."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from bench.measuring import Occasion, in_turn, table

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 11
TRACES = 3
OURS = "Sluice: inference"
# What Lambda and the template give the functions, so far as importing them depends on it.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": "none",
    "SLUICE_MODELS": "flights",
    "SLUICE_TABLE": "state",
}
BOTO3 = 'import boto3; runtime = boto3.client("sagemaker-runtime")'
RESOLVER = """
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
app = APIGatewayHttpResolver()
@app.get("/ping")
def ping(): return {}
def handler(event, context): return app.resolve(event, context)
"""
# What amazon-sagemaker-ab-testing-pipeline's API function imports and makes at start: lambda/api/lambda_invoke.py with
# experiment_assignment.py and experiment_metrics.py at 3d5f444. Its patch_all() patches what it finds; of that,
# Lambda has these three and our development environment more.
AB_SAMPLE = """
import boto3, json, logging, os, random, time, uuid
from datetime import datetime, timedelta
from decimal import Decimal
from aws_xray_sdk.core import patch, xray_recorder
patch(("botocore", "sqlite3", "httplib"))
clients = ("dynamodb", "dynamodb", "firehose", "cloudwatch", "sagemaker-runtime", "sagemaker", "lambda")
made = [boto3.resource("dynamodb"), boto3.resource("dynamodb"), *map(boto3.client, clients)]
"""
SOURCES = {
    "boto3 with one client": BOTO3,
    "powertools resolver, no AWS client": RESOLVER,
    "powertools resolver, boto3 with our two clients": f'{RESOLVER}\n{BOTO3}; state = boto3.client("dynamodb")',
    "the AWS A/B sample": AB_SAMPLE,
    OURS: "import lambdas.inference",
    "Sluice: endpoint_config": "import lambdas.endpoint_config",
    "Sluice: routing": "import lambdas.routing",
}
UNCOMPILED = "Sluice: inference, own modules not compiled before"
MEASURED = """
import sys, time
started = time.process_time()
{}
print((time.process_time() - started) * 1000, len(sys.modules))
"""

# Whose time an import is; the first match counts, and what is nobody's is the standard library's.
GROUPS = {
    "making the clients and the app": r"lambdas\.inference$",
    "Sluice's own modules": r"(sluice|lambdas)\b",
    "FastAPI, Starlette, AnyIO": r"(fastapi|starlette|anyio|idna|annotated_doc|python_multipart|multipart)\b",
    "OpenTelemetry (imported by FastAPI)": r"opentelemetry\b",
    "pydantic": r"(pydantic|pydantic_core|annotated_types|typing_inspection|typing_extensions)\b",
    "botocore": r"(botocore|urllib3|jmespath|dateutil|six)\b",
    "Powertools": r"aws_lambda_powertools\b",
    "Mangum": r"mangum\b",
    "standard library": "",
}
_TRACED = re.compile(r"import time:\s+(?P<own>\d+) \|\s+\d+ \|\s+(?P<module>\S+)")


@dataclass(frozen=True, slots=True)
class Import:
    """What a fresh process spent on an import, and how many modules it holds afterwards."""

    cpu_ms: float
    modules: int


def measure(source: str, environment: Mapping[str, str]) -> Import:
    """Run the source in a fresh Python."""
    done = _python(["-c", MEASURED.format(source)], environment)
    cpu_ms, modules = done.stdout.split()
    return Import(float(cpu_ms), int(modules))


def own_times(trace: str) -> dict[str, int]:
    """Microseconds by group, from what ``python -X importtime`` prints."""
    times = dict.fromkeys(GROUPS, 0)
    for line in _TRACED.finditer(trace):
        times[next(group for group, pattern in GROUPS.items() if re.match(pattern, line["module"]))] += int(line["own"])
    return times


def _python(arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """In Sluice's environment, whose modules are compiled; the caller's settings do not reach it."""
    return subprocess.run(  # noqa: S603  our own sources
        [sys.executable, *arguments], env=dict(environment), cwd=os.sep, capture_output=True, text=True, check=True
    )


def _compare(uncompiled: Path) -> str:
    as_in_the_zip = {**ENVIRONMENT, "PYTHONPATH": str(uncompiled), "PYTHONDONTWRITEBYTECODE": "1"}
    subjects = {name: partial(measure, source, ENVIRONMENT) for name, source in SOURCES.items()}
    subjects[UNCOMPILED] = partial(measure, SOURCES[OURS], as_in_the_zip)
    in_turn(subjects, rounds=1)  # compiles what is not compiled yet
    measured = in_turn(subjects, rounds=ROUNDS)
    rows = [
        [
            name,
            f"{min(run.cpu_ms for run in runs):.0f}",
            f"{median(run.cpu_ms for run in runs):.0f}",
            f"{median(run.cpu_ms / ours.cpu_ms for run, ours in zip(runs, measured[OURS], strict=True)):.2f}",
            str(runs[0].modules),
        ]
        for name, runs in measured.items()
    ]
    return table(["handler", "CPU ms, least", "median", "times ours", "modules"], rows)


def _shares() -> str:
    traces = [own_times(_python(["-X", "importtime", "-c", SOURCES[OURS]], ENVIRONMENT).stderr) for _ in range(TRACES)]
    shares = {group: median(times[group] / sum(times.values()) for times in traces) for group in GROUPS}
    rows = [[group, f"{share:.0%}"] for group, share in sorted(shares.items(), key=lambda row: -row[1])]
    return table([f"of {OURS}", "share"], rows)


def main() -> None:
    """Measure and print both tables."""
    occasion = Occasion("fastapi", "pydantic", "botocore", "mangum", "aws-lambda-powertools")
    with tempfile.TemporaryDirectory() as folder:
        for package in ("sluice", "lambdas"):
            shutil.copytree(ROOT / package, Path(folder, package), ignore=shutil.ignore_patterns("__pycache__"))
        compared = _compare(Path(folder))
    print(
        f"Import of a handler in a fresh process, {ROUNDS} rounds in turn, bytecode there\n\n{compared}\n\n{_shares()}"
    )
    print(f"\n{occasion}\n")


if __name__ == "__main__":
    main()
