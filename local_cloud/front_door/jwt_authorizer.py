"""Does this request carry a token that its route's JWT authorizer accepts?

Source: API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers" and its troubleshooting page.
As there, only RSA signatures are accepted: a token that passes here passes in front of AWS too.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from local_cloud.front_door.answer import Refused
from local_cloud.front_door.deployment import JwtAuthorizer, Route
from local_cloud.front_door.issuer import Issuer, IssuerUnreachable, UnknownKey
from local_cloud.front_door.request import Request

ALGORITHMS = ("RS256", "RS384", "RS512")


class JwtAuthorizers:
    """Checks tokens; remembers the keys of each issuer."""

    def __init__(self) -> None:
        self._issuers: dict[str, Issuer] = {}

    async def authorize(self, request: Request, route: Route, authorizer: JwtAuthorizer) -> Mapping[str, Any]:
        """What the event's ``requestContext.authorizer`` says of the caller.

        Raises:
            Refused: 401 without a good token, 403 when it lacks the route's scopes.

        """
        token = _token(request, authorizer)
        claims = _decoded(token, await self._key(token, authorizer.issuer), authorizer)
        granted = _scopes(claims)
        if route.scopes and not granted.intersection(route.scopes):
            wanted = " ".join(route.scopes)
            challenge = f'Bearer scope="{wanted}" error="insufficient_scope"'
            raise Refused(403, "Forbidden", headers=(("www-authenticate", challenge),), detail="insufficient scope")
        scopes = [one for one in route.scopes if one in granted] or None
        return {"jwt": {"claims": {name: _claim(value) for name, value in claims.items()}, "scopes": scopes}}

    async def _key(self, token: str, url: str) -> RSAPublicKey:
        header = _header(token)
        issuer = self._issuers.setdefault(url, Issuer(url))
        if (known := issuer.known_key(header["kid"])) is not None:
            return known
        try:
            return await asyncio.to_thread(issuer.key, header["kid"])
        except UnknownKey as error:
            raise _unauthorized("unable to find the key of the token") from error
        except IssuerUnreachable as error:
            raise _unauthorized("OIDC discovery endpoint communication error") from error


def _token(request: Request, authorizer: JwtAuthorizer) -> str:
    place, name = authorizer.source
    value = request.header(name) if place == "header" else dict(parse_qsl(request.query)).get(name)
    if not value:
        raise Refused(401, "Unauthorized", headers=(("www-authenticate", "Bearer"),), detail="no token")
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else value


@lru_cache(maxsize=1024)
def _header(token: str) -> Mapping[str, str]:
    """The token's header, not verified; callers send the same token again and again."""
    try:
        header: Mapping[str, str] = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise _unauthorized("the token is not a JSON Web Token") from error
    if header.get("alg") not in ALGORITHMS:
        raise _unauthorized("the token is signed with an algorithm that is not supported")
    if not isinstance(header.get("kid"), str):
        raise _unauthorized("the token does not name its key")
    return header


def _decoded(token: str, key: RSAPublicKey, authorizer: JwtAuthorizer) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=authorizer.issuer,
            options={"require": ["exp", "iss"], "verify_aud": False, "verify_sub": False, "verify_jti": False},
        )
    except jwt.PyJWTError as error:
        raise _unauthorized(_DESCRIPTIONS.get(type(error), "the token is not valid")) from error
    audience = claims.get("aud", claims.get("client_id"))
    allowed = audience if isinstance(audience, list) else [audience]
    if not set(map(str, allowed)).intersection(authorizer.audience):
        raise _unauthorized("the token does not have a valid audience")
    return claims


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    value = claims.get("scope", claims.get("scp", ""))
    return frozenset(value if isinstance(value, list) else str(value).split())


def _claim(value: Any) -> str:
    """Claims reach the function as text; a list looks like ``[a b]``."""
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return f"[{' '.join(map(_claim, value))}]"
    return json.dumps(value)


def _unauthorized(description: str) -> Refused:
    challenge = f'Bearer scope="" error="invalid_token" error_description="{description}"'
    return Refused(401, "Unauthorized", headers=(("www-authenticate", challenge),), detail=description)


_DESCRIPTIONS: Mapping[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "the token has expired",
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidIssuerError: "the token does not have a valid issuer",
    jwt.InvalidSignatureError: "signature verification failed",
}
