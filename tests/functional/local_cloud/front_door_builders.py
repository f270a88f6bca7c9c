"""A front door with an HTTP API behind it, a client that knocks, and an OpenID Connect issuer of its own."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.server import ThreadedMotoServer

from local_cloud.context import ACCOUNT, LOOPBACK, REGION, CloudContext
from local_cloud.front_door import FrontDoor
from local_cloud.functions.invocation import Invocation

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:inference:live"
OK = Invocation(b'{"statusCode":200,"headers":{"content-type":"application/json"},"body":"{}"}')


@dataclass
class Answered:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Knocker:
    """The API's owner and client; ``events`` is what the function was given."""

    context: CloudContext
    api_id: str
    gateway: Any
    door: FrontDoor = field(init=False)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    respond: Callable[[dict[str, Any]], Invocation] = lambda _: OK

    def __post_init__(self) -> None:
        self.door = FrontDoor(self.context, invoke=self.invoke, port=0)

    def invoke(self, function: str, payload: bytes) -> Invocation:
        event = json.loads(payload)
        self.events.append((function, event))
        return self.respond(event)

    def a_route(self, key: str, *, timeout_ms: int = 29_000, **options: Any) -> str:
        """A route of its own integration."""
        integration = self.gateway.create_integration(
            ApiId=self.api_id,
            IntegrationType="AWS_PROXY",
            PayloadFormatVersion="2.0",
            IntegrationUri=FUNCTION,
            TimeoutInMillis=timeout_ms,
        )["IntegrationId"]
        target = f"integrations/{integration}"
        route: str = self.gateway.create_route(ApiId=self.api_id, RouteKey=key, Target=target, **options)["RouteId"]
        return route

    def a_stage(self, name: str = "$default", **options: Any) -> None:
        self.gateway.create_stage(ApiId=self.api_id, StageName=name, AutoDeploy=True, **options)

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answered:
        """Send a request; header names are written with underscores."""
        return self.send(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answered:
        connection = http.client.HTTPConnection(urlsplit(self.door.url).netloc, timeout=30)
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return Answered(response.status, response.headers, response.read())
        finally:
            connection.close()


@contextmanager
def a_moto_server(home: Path) -> Iterator[CloudContext]:
    """The AWS that the front door reads its APIs from; slow to stop, so one may serve several doors."""
    server = ThreadedMotoServer(LOOPBACK, 0, verbose=False)
    server.start()
    try:
        yield CloudContext(aws_url=f"http://localhost:{server.get_host_and_port()[1]}", home=home)
    finally:
        server.stop()


@contextmanager
def a_front_door(context: CloudContext) -> Iterator[Knocker]:
    """An HTTP API without routes or stages, served on a free port."""
    gateway = context.client("apigatewayv2")
    knocker = Knocker(context, gateway.create_api(Name="api", ProtocolType="HTTP")["ApiId"], gateway)
    try:
        knocker.door.start()
        yield knocker
    finally:
        knocker.door.stop()
        gateway.delete_api(ApiId=knocker.api_id)


class AnIssuer:
    """Signs tokens and publishes its keys, as any OpenID Connect provider does."""

    def __init__(self) -> None:
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.requests = 0
        self.rotate("first")
        issuer = self

        class Documents(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.requests += 1
                body = json.dumps(issuer.document(self.path)).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: a test's output is its own."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Documents)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def document(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        algorithm = jwt.algorithms.RSAAlgorithm
        signing = [{**algorithm.to_jwk(k.public_key(), as_dict=True), "kid": n} for n, k in self.keys.items()]
        return {"keys": [{"kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "other"}, *signing]}

    def rotate(self, name: str) -> None:
        """Only this key is published from now on."""
        self.keys = {name: rsa.generate_private_key(65537, 2048)}

    def token(self, *, key: str | None = None, without: tuple[str, ...] = (), **claims: Any) -> str:
        now = int(time.time())
        good = {"iss": self.url, "aud": "sluice", "sub": "user-1", "iat": now, "exp": now + 300, **claims}
        kept = {name: value for name, value in good.items() if name not in without}
        [(name, private_key)] = self.keys.items()
        return jwt.encode(kept, private_key, algorithm="RS256", headers={"kid": key or name})

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def eventually(condition: Callable[[], bool], *, within_seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + within_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
