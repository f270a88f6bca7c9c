from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from local_cloud.front_door.request import Request
from local_cloud.front_door.sigv4 import BadSignature, read_signature, verify

REGION = "us-east-1"
SECRET = "a-secret-of-forty-characters-0123456789a"
BODY = b'{"instances":[[1]]}'


def signed(
    url: str = "http://127.0.0.1:8000/v1/models/flights:predict?b=2&a=1",
    *,
    service: str = "execute-api",
    region: str = REGION,
    headers: dict[str, str] | None = None,
) -> Request:
    """What arrives of a request that botocore signed just now."""
    out = AWSRequest("POST", url, data=BODY, headers=headers or {})
    SigV4Auth(Credentials("AKIATEST", SECRET), service, region).add_auth(out)
    parts = urlsplit(url)
    arrived = {
        "host": parts.netloc,
        "content-type": "application/json",
        **{k.lower(): v for k, v in out.headers.items()},
    }
    return Request(
        id="x",
        time=datetime.now(UTC),
        method="POST",
        path=parts.path,
        raw_path=parts.path,
        query=parts.query,
        headers=tuple(arrived.items()),
        body=BODY,
        source_ip="127.0.0.1",
        protocol="HTTP/1.1",
    )


def changed(request: Request, **changes: Any) -> Request:
    headers = {**dict(request.headers), **changes.pop("headers", {})}
    values = {name: getattr(request, name) for name in Request.__dataclass_fields__}
    return Request(**{**values, "headers": tuple(headers.items()), **changes})


def check(request: Request, *, secret: str = SECRET, later: timedelta = timedelta()) -> None:
    verify(request, read_signature(request), secret, region=REGION, now=datetime.now(UTC) + later)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/",
        "http://127.0.0.1:8000/v1/models/flights:predict",
        "http://127.0.0.1:8000/v1/models/a%20b%2Fc?x=%20y&x=1&flag",
        "http://127.0.0.1:8000//double//slash/../up",
    ],
)
def test_what_botocore_signs_is_accepted(url: str) -> None:
    check(signed(url))


def test_signed_headers_may_be_any_and_have_any_spaces() -> None:
    check(signed(headers={"X-Sluice-Unit": "a   b ", "X-Amz-Content-SHA256": sha256(BODY).hexdigest()}))


@pytest.mark.parametrize(
    "changes",
    [
        {"body": BODY + b" "},
        {"method": "PUT"},
        {"raw_path": "/v1/models/other:predict"},
        {"query": "a=1&b=3"},
        {"headers": {"host": "other:8000"}},
        {"headers": {"x-sluice-unit": "somebody else"}},
        {"headers": {"authorization": ""}},
        {"headers": {"authorization": "Bearer abc"}},
        {"headers": {"x-amz-date": "yesterday"}},
        {"headers": {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}},
    ],
)
def test_whatever_was_changed_under_way_is_noticed(changes: dict[str, Any]) -> None:
    request = changed(signed(headers={"X-Sluice-Unit": "me"}), **changes)

    with pytest.raises(BadSignature):
        check(request)


def test_another_secret_service_or_region_is_refused() -> None:
    with pytest.raises(BadSignature, match="does not match"):
        check(signed(), secret="another")
    with pytest.raises(BadSignature, match="signed for s3"):
        check(signed(service="s3"))
    with pytest.raises(BadSignature, match="in eu-west-1"):
        check(signed(region="eu-west-1"))


@pytest.mark.parametrize(("minutes", "is_good"), [(-4, True), (4, True), (6, False), (-6, False)])
def test_a_signature_lives_five_minutes_around_the_clock(minutes: int, is_good: bool) -> None:  # noqa: FBT001  a table's column
    request = signed()

    if is_good:
        check(request, later=timedelta(minutes=minutes))
    else:
        with pytest.raises(BadSignature, match="away"):
            check(request, later=timedelta(minutes=minutes))


def test_the_credential_must_be_of_the_day_of_the_date() -> None:
    request = signed()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime(SIGV4_TIMESTAMP)

    with pytest.raises(BadSignature, match="day"):
        check(changed(request, headers={"x-amz-date": tomorrow}))


def test_host_and_date_must_be_signed() -> None:
    request = signed()
    authorization = str(request.header("authorization")).replace("host;x-amz-date", "x-amz-date")

    with pytest.raises(BadSignature, match="must be signed"):
        check(changed(request, headers={"authorization": authorization}))


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="AWS4-HMC256 CredntialSgureHs=/;,0123456789abcdef", max_size=120))
def test_any_authorization_header_is_read_or_refused(text: str) -> None:
    request = changed(signed(), headers={"authorization": f"AWS4-HMAC-SHA256 Credential={text}"})

    with pytest.raises(BadSignature):
        check(request)
