"""The API as API Gateway sees it, and what comes out of it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from mangum import Mangum

from sluice.api.answering import Services
from sluice.api.inference import create_app
from sluice.api.size import TEXT_TYPES
from sluice.service.predict import Predictor
from sluice.service.routing_cache import RoutingCache
from tests.builders import Clock, ScriptedRuntime, ScriptedStore, a_routing, an_event


@dataclass(frozen=True, slots=True)
class Reply:
    """What API Gateway would send back, and how many bytes Lambda had to carry for it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    lambda_bytes: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The name of the problem type; fails unless this is a complete problem."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.json["status"] == self.status
        assert self.json["title"]
        assert self.json["remedy"]
        assert self.json["error"] == self.json["detail"]
        return str(self.json["type"].removeprefix("urn:sluice:problem:"))


class Api:
    """The API as API Gateway sees it, over a scripted store and scripted endpoints; one model, ``flights``."""

    def __init__(self, store: ScriptedStore | None = None, clock: Clock | None = None, **scripts: Any) -> None:
        self.clock = clock or Clock()
        self.runtime = ScriptedRuntime(self.clock, **scripts)
        self.store = store or ScriptedStore(a_routing())
        ids = (f"p-{number}" for number in count(1))
        services = Services(
            routings=RoutingCache(self.store, models=["flights"], fresh_seconds=5, clock=self.clock),
            predictor=Predictor(self.runtime, model_timeout_seconds=8, clock=self.clock, sleep=self.clock.sleep),
            new_id=lambda: next(ids),
            clock=self.clock,
        )
        self._handler = Mangum(create_app(services), lifespan="off", text_mime_types=list(TEXT_TYPES))

    def ask(self, method: str, path: str, body: bytes | str | None = None, **event: Any) -> Reply:
        answered = self._handler(an_event(method, path, body, **event), None)
        text: str = answered["body"]
        content = base64.b64decode(text) if answered["isBase64Encoded"] else text.encode()
        return Reply(answered["statusCode"], answered["headers"], content, len(json.dumps(answered)))

    def predict(self, body: bytes | str = '{"instances":[1.5]}', **event: Any) -> Reply:
        return self.ask("POST", "/v1/models/flights:predict", body, **event)

    def rank(self, body: Any = None, **event: Any) -> Reply:
        """Four rows unless a body is given."""
        form = {"instances": [0.0, 1.5, 2.5, 3.5]} if body is None else body
        return self.ask("POST", "/v1/models/flights:rank", json.dumps(form), **event)

    def infer(self, body: bytes | str, path: str = "/v2/models/flights/infer", **event: Any) -> Reply:
        return self.ask("POST", path, body, **event)


class Metrics:
    """The embedded-metric lines printed so far."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured

    def read(self) -> list[dict[str, Any]]:
        """Lines since the last look, each as its fields; values are single."""
        lines = [json.loads(line) for line in self._captured.readouterr().out.splitlines()]
        return [{name: v[0] if isinstance(v, list) else v for name, v in line.items()} for line in lines]
