"""With which public key did an OpenID Connect issuer sign a token?"""

import json
import threading
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

import jwt

#: API Gateway gives discovery and key set this long (aws-facts.md C1).
FETCH_TIMEOUT_SECONDS = 1.5
KEYS_LIVE_SECONDS = 2 * 3600
RESPONSE_LIMIT_BYTES = 150_000


class IssuerUnreachable(Exception):
    """Neither the discovery document nor the keys of the issuer could be read."""


class UnknownKey(Exception):
    """The issuer has published no such key."""


class Issuer:
    """The keys of one issuer, fetched through its discovery document, kept for two hours.

    A key id that is not known is looked for again, but at most once in ``refetch_seconds``:
    so a rotation is noticed, and forged ids do not become a flood of requests to the issuer. Thread-safe.
    """

    def __init__(self, url: str, *, refetch_seconds: float = 1.0) -> None:
        self._url = url.rstrip("/")
        self._refetch_seconds = refetch_seconds
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._lock = threading.Lock()

    def known_key(self, key_id: str) -> jwt.PyJWK | None:
        """The key, if it can be told without asking the issuer."""
        is_fresh = time.monotonic() - self._fetched_at < KEYS_LIVE_SECONDS
        return self._keys.get(key_id) if is_fresh else None

    def key(self, key_id: str) -> jwt.PyJWK:
        """The key, asking the issuer if need be; blocks up to twice ``FETCH_TIMEOUT_SECONDS``.

        Raises:
            IssuerUnreachable: The issuer does not answer with a key set.
            UnknownKey: It answers, without this key.

        """
        with self._lock:
            known = self.known_key(key_id)
            if known is None and time.monotonic() - self._fetched_at >= self._refetch_seconds:
                self._keys = self._fetch()
                self._fetched_at = time.monotonic()
                known = self._keys.get(key_id)
        if known is None:
            raise UnknownKey(key_id)
        return known

    def _fetch(self) -> Mapping[str, jwt.PyJWK]:
        try:
            discovery = _get(f"{self._url}/.well-known/openid-configuration")
            keys = _get(discovery["jwks_uri"])["keys"]
            return {key["kid"]: jwt.PyJWK(key) for key in keys if key.get("kty") == "RSA" and "kid" in key}
        except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            raise IssuerUnreachable(f"{self._url}: {error}") from error


def _get(url: str) -> Any:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"not an http(s) URL: {url}")
    with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT_SECONDS) as response:  # noqa: S310  the scheme is checked above
        return json.loads(response.read(RESPONSE_LIMIT_BYTES))
