"""Which CORS headers does an HTTP API with a CORS configuration answer with?

Source: API Gateway developer guide, "Configure CORS for HTTP APIs": preflights are answered by the API itself, and the
function's own CORS headers are replaced.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.front_door.answer import Answer, Headers
from local_cloud.front_door.request import Request


@dataclass(frozen=True, slots=True)
class Cors:
    """An API's ``CorsConfiguration``; an empty one allows nothing."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    allow_headers: tuple[str, ...]
    expose_headers: tuple[str, ...]
    allow_credentials: bool
    max_age_seconds: int | None

    @classmethod
    def read(cls, configuration: Mapping[str, Any]) -> "Cors":
        """Read the API's JSON."""
        return cls(
            origins=tuple(configuration.get("allowOrigins") or ()),
            methods=tuple(configuration.get("allowMethods") or ()),
            allow_headers=tuple(configuration.get("allowHeaders") or ()),
            expose_headers=tuple(configuration.get("exposeHeaders") or ()),
            allow_credentials=bool(configuration.get("allowCredentials")),
            max_age_seconds=configuration.get("maxAge"),
        )

    def preflight(self, request: Request) -> Answer | None:
        """The answer to a preflight; None when the request is not one."""
        is_preflight = request.method == "OPTIONS" and request.header("access-control-request-method")
        origin = request.header("origin")
        if not is_preflight or origin is None:
            return None
        if not self._allows(origin):
            return Answer(204, (), b"")
        headers = [*self._origin_headers(origin)]
        if self.methods:
            headers.append(("access-control-allow-methods", ",".join(self.methods)))
        if self.allow_headers:
            headers.append(("access-control-allow-headers", ",".join(self.allow_headers)))
        if self.max_age_seconds is not None:
            headers.append(("access-control-max-age", str(self.max_age_seconds)))
        return Answer(204, tuple(headers), b"")

    def apply(self, request: Request, answer: Answer) -> Answer:
        """The answer with the API's CORS headers instead of the function's."""
        kept = tuple(one for one in answer.headers if not one[0].startswith("access-control-"))
        origin = request.header("origin")
        if origin is None or not self._allows(origin):
            return Answer(answer.status, kept, answer.body)
        own: Headers = self._origin_headers(origin)
        if self.expose_headers:
            own = (*own, ("access-control-expose-headers", ",".join(self.expose_headers)))
        return Answer(answer.status, (*kept, *own), answer.body)

    def _allows(self, origin: str) -> bool:
        return "*" in self.origins or origin in self.origins

    def _origin_headers(self, origin: str) -> Headers:
        allowed = "*" if "*" in self.origins else origin
        headers: Headers = (("access-control-allow-origin", allowed),)
        return (*headers, ("access-control-allow-credentials", "true")) if self.allow_credentials else headers
