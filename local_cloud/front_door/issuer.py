"""With which public key did an OpenID Connect issuer sign a token?"""

import json
import threading
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from jwt.utils import base64url_decode

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
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._fetched_at = float("-inf")
        self._lock = threading.Lock()

    def known_key(self, key_id: str) -> RSAPublicKey | None:
        """The key, if it can be told without asking the issuer."""
        is_fresh = time.monotonic() - self._fetched_at < KEYS_LIVE_SECONDS
        return self._keys.get(key_id) if is_fresh else None

    def key(self, key_id: str) -> RSAPublicKey:
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

    def _fetch(self) -> Mapping[str, RSAPublicKey]:
        try:
            discovery = _get(f"{self._url}/.well-known/openid-configuration")
            keys = _get(discovery["jwks_uri"])["keys"]
            return {key["kid"]: _public_key(key) for key in keys if _signs(key)}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IssuerUnreachable(f"{self._url}: {error}") from error


def _signs(key: Mapping[str, Any]) -> bool:
    """Providers also publish keys for encryption and of other kinds."""
    return key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and "kid" in key


def _public_key(key: Mapping[str, Any]) -> RSAPublicKey:
    numbers = {name: int.from_bytes(base64url_decode(key[name])) for name in ("e", "n")}
    return RSAPublicNumbers(**numbers).public_key()


def _get(url: str) -> Any:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"not an http(s) URL: {url}")
    with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT_SECONDS) as response:  # noqa: S310  the scheme is checked above
        return json.loads(response.read(RESPONSE_LIMIT_BYTES))
