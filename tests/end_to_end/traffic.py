"""Many predictions at once, signed as the deployment asks, and what statistics say about who answered them."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import urllib3

from sluice.cli.http_client import HttpAnswer, ask, sign
from sluice.cli.target import Target, TargetName
from sluice.settings.access import Access
from tests.end_to_end.deployments import ROOT, Deployment

SAMPLE = (ROOT / "examples/flights/requests/v1.json").read_bytes()
MODEL = "flights"


def ask_for(deployment: Deployment, units: Iterable[str], body: bytes = SAMPLE) -> list[HttpAnswer]:
    """One prediction a unit, four at a time, in the units' order."""
    target = Target(TargetName.LOCAL, deployment.api_url, table="", environment=deployment.environment)

    def one(unit: str) -> HttpAnswer:
        return ask(target, Access(), MODEL, body, unit=unit)

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, units))


def post(deployment: Deployment, path: str, form: Any, **headers: str) -> urllib3.BaseHTTPResponse:
    """POST some JSON as a caller with AWS credentials; ``x_sluice_unit`` names a header."""
    url, content = f"{deployment.api_url}{path}", json.dumps(form).encode()
    own = deployment.environment
    keys = own["AWS_ACCESS_KEY_ID"], own["AWS_SECRET_ACCESS_KEY"]
    session = boto3.Session(*keys, region_name=own["AWS_REGION"])
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    signed = sign(url, content, {"Content-Type": "application/json", **named}, session)
    return urllib3.request("POST", url, body=content, headers=signed, timeout=60, retries=False)


def variants(answers: Sequence[HttpAnswer]) -> list[str]:
    """Who answered each; fails on the first that was not answered."""
    for answer in answers:
        assert answer.is_success, (answer.status, answer.body)
    return [answer.headers["x-sluice-variant"] for answer in answers]


def p_value(observed: Sequence[str], weights: Mapping[str, int]) -> float:
    """Chi-square test of a split between two variants (one degree of freedom)."""
    counts = Counter(observed)
    expected = {variant: len(observed) * weight / 100 for variant, weight in weights.items()}
    statistic = sum((counts[variant] - mean) ** 2 / mean for variant, mean in expected.items())
    return math.erfc(math.sqrt(statistic / 2))
