"""Ask the deployed API for a prediction, the way its access mode asks to be asked."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from sluice.cli.target import Target, UsageProblem
from sluice.settings.access import Access

_TIMEOUT_SECONDS = 31


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the API answered.

    Attributes:
        status: HTTP status.
        headers: Response headers, names in lower case.
        body: Decoded JSON, or text when it is not JSON.
        milliseconds: From sending to having read it all.

    """

    status: int
    headers: dict[str, str]
    body: Any
    milliseconds: float

    @property
    def is_success(self) -> bool:
        """Whether there is a prediction in it."""
        return self.status == HTTPStatus.OK


def ask(
    target: Target, access: Access, model: str, content: bytes, *, unit: str | None = None, token: str | None = None
) -> HttpAnswer:
    """POST a V1 body. Raises UsageProblem when the API cannot be reached or a token is lacking."""
    headers = {"X-Sluice-Unit": unit} if unit else {}
    return post(target, access, f"/v1/models/{model}:predict", content, headers=headers, token=token)


def post(
    target: Target,
    access: Access,
    path: str,
    content: bytes,
    *,
    headers: Mapping[str, str] = MappingProxyType({}),
    token: str | None = None,
) -> HttpAnswer:
    """POST JSON to a path of the API. Raises UsageProblem when it cannot be reached or a token is lacking."""
    url, sent = f"{target.api_url}{path}", {"Content-Type": "application/json", **headers}
    if access.mode == "jwt":
        if not token:
            raise UsageProblem("access.mode is jwt: give a token with --token or SLUICE_TOKEN")
        sent["Authorization"] = f"Bearer {token}"
    elif access.mode == "iam":
        own = target.environment
        keys = own.get("AWS_ACCESS_KEY_ID"), own.get("AWS_SECRET_ACCESS_KEY")
        sent = sign(url, content, sent, _session(*keys, own.get("AWS_REGION")))
    started = time.perf_counter()
    try:
        response = urllib3.request("POST", url, body=content, headers=sent, timeout=_TIMEOUT_SECONDS, retries=False)
    except urllib3.exceptions.HTTPError as unreachable:
        raise UsageProblem(f"{target.api_url} does not answer: {unreachable}") from unreachable
    elapsed = (time.perf_counter() - started) * 1000
    return HttpAnswer(
        response.status, {k.lower(): v for k, v in response.headers.items()}, _decode(response.data), elapsed
    )


def sign(url: str, content: bytes, headers: dict[str, str], session: boto3.Session) -> dict[str, str]:
    """The headers with a SigV4 signature of the session's credentials. Raises UsageProblem."""
    credentials = session.get_credentials()
    if credentials is None:
        raise UsageProblem("access.mode is iam and there are no AWS credentials: set AWS_PROFILE")
    request = AWSRequest("POST", url, data=content, headers=headers)
    SigV4Auth(credentials, "execute-api", session.region_name).add_auth(request)
    return dict(request.headers.items())


@cache  # making one takes 10 ms, which a demonstration of a thousand predictions would notice
def _session(key_id: str | None, secret: str | None, region: str | None) -> boto3.Session:
    """With the target's own credentials, or, for AWS, those of the profile."""
    return boto3.Session(key_id, secret, region_name=region)


def _decode(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
