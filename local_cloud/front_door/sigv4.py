"""Did the holder of this secret sign this request, for this API, just now?

The signature is computed again by botocore's own code over the request as received. SigV4 encodes the path once more
before it signs, so a ``:`` in it is signed as ``%3A``; a client that signs it bare is refused, by AWS as well.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from local_cloud.front_door.request import Request

SERVICE = "execute-api"
CLOCK_SKEW = timedelta(minutes=5)

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request *, *"
    r"SignedHeaders=([^ ,]+) *, *Signature=([0-9a-f]{64})"
)


class BadSignature(Exception):
    """The request is not signed, or not by this secret, or not for here, or not now."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What the ``Authorization`` header claims."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    value: str


def read_signature(request: Request) -> Signature:
    """Parse the header.

    Raises:
        BadSignature: There is none, or it is not SigV4.

    """
    found = _AUTHORIZATION.fullmatch(request.header("authorization") or "")
    if found is None:
        raise BadSignature("there is no AWS4-HMAC-SHA256 authorization")
    access_key_id, date, region, service, signed_headers, value = found.groups()
    return Signature(access_key_id, date, region, service, tuple(signed_headers.split(";")), value)


def verify(request: Request, signature: Signature, secret: str, *, region: str, now: datetime) -> None:
    """Return when the signature is good.

    Raises:
        BadSignature: It is not; the text says why, without the secret.

    """
    if (signature.service, signature.region) != (SERVICE, region):
        raise BadSignature(f"signed for {signature.service} in {signature.region}")
    if not {"host", "x-amz-date"}.issubset(signature.signed_headers):
        raise BadSignature("host and x-amz-date must be signed")
    timestamp = _fresh_timestamp(request, signature, now)
    declared = request.header("x-amz-content-sha256")
    if declared is not None and declared != sha256(request.body).hexdigest():
        raise BadSignature("x-amz-content-sha256 is not the body's")
    signer = _Signer(Credentials(signature.access_key_id, secret), SERVICE, region)
    if not hmac.compare_digest(signer.expected(request, signature, timestamp), signature.value):
        raise BadSignature("the signature does not match")


def _fresh_timestamp(request: Request, signature: Signature, now: datetime) -> str:
    timestamp = request.header("x-amz-date") or ""
    try:
        signed_at = datetime.strptime(timestamp, SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise BadSignature("x-amz-date is not a date") from error
    if not timestamp.startswith(signature.date):
        raise BadSignature("x-amz-date is not of the credential's day")
    if abs(now - signed_at) > CLOCK_SKEW:
        raise BadSignature(f"signed at {timestamp}, more than {CLOCK_SKEW} away")
    return timestamp


class _Signer(SigV4Auth):  # type: ignore[misc]  # botocore ships no types
    """Botocore's signer, over exactly the headers that the client signed."""

    def expected(self, request: Request, signature: Signature, timestamp: str) -> str:
        query = f"?{request.query}" if request.query else ""
        signed = AWSRequest(
            method=request.method, url=f"http://signed.invalid{request.raw_path}{query}", data=request.body
        )
        for name, value in request.headers:
            if name in signature.signed_headers:
                signed.headers.add_header(name, value)
        signed.context["timestamp"] = timestamp
        text = self.string_to_sign(signed, self.canonical_request(signed))
        return str(self.signature(text, signed))

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        return request.headers
