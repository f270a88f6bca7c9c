"""Who may ask for predictions, and how often?"""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from sluice.settings.strict import Strict

_LOOPBACK = {"127.0.0.1", "localhost"}


def _check_issuer(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise ValueError("an issuer is an https:// URL (http:// only on this machine)")
    return url


class Jwt(Strict):
    """Tokens of an OpenID Connect issuer, checked by API Gateway."""

    issuer: Annotated[str, AfterValidator(_check_issuer)]
    """The `iss` of the tokens; its discovery document must be reachable from API Gateway."""

    audience: Annotated[list[str], Field(min_length=1, max_length=50)]
    """Accepted values of the token's `aud` (or `client_id`)."""


class Throttle(Strict):
    """Requests per second over all callers; more are answered 429."""

    rate_per_second: int = Field(default=500, ge=1, le=10_000)
    """Sustained rate."""

    burst: int = Field(default=1000, ge=1, le=5_000)
    """How many may come at once."""


class Access(Strict):
    """Who may call the prediction API."""

    mode: Literal["iam", "jwt", "none"] = "iam"
    """`iam`: AWS credentials with execute-api:Invoke on `/v1` and `/v2`; on the whole API it includes `/admin/v1`
    (docs/operators.md). `jwt`: tokens of `jwt.issuer`. `none`: anybody."""

    jwt: Jwt | None = None
    """Required by, and only by, mode `jwt`."""

    throttle: Throttle = Throttle()

    @model_validator(mode="after")
    def _check_jwt(self) -> Self:
        if (self.mode == "jwt") != (self.jwt is not None):
            raise ValueError(f"jwt: {'required by' if self.mode == 'jwt' else 'has no effect in'} mode {self.mode}")
        return self
