"""Which routes does the container answer?"""

import time

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model_container.invocations import Invocations
from model_container.open_inference import OpenInferenceRoutes
from model_container.refusals import HANDLERS
from model_container.serving import Serving


def create_app(serving: Serving) -> ASGIApp:
    """The whole HTTP surface over one process's state."""

    async def ping(_: Request) -> Response:
        return Response(status_code=200 if serving.is_ready else 503)

    async def metrics(_: Request) -> Response:
        return Response(serving.metrics.text(), media_type="text/plain; version=0.0.4")

    routes = [
        Route("/ping", ping),
        Route("/invocations", Invocations(serving).answer, methods=["POST"]),
        Route("/metrics", metrics),
        *OpenInferenceRoutes(serving).routes(),
    ]
    return Observed(Starlette(routes=routes, exception_handlers=HANDLERS), serving)


class Observed:
    """Counts and times every answer, and writes on it which model version gave it."""

    def __init__(self, app: ASGIApp, serving: Serving) -> None:
        self._app = app
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        started, status = time.perf_counter(), 500

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._serving.version is not None:
                    mark = f"sluice-model-version={self._serving.version}"
                    MutableHeaders(scope=message)["X-Amzn-SageMaker-Custom-Attributes"] = mark
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        finally:
            route = scope.get("route")
            path = route.path if isinstance(route, Route) else "other"
            self._serving.metrics.request_answered(path, status, time.perf_counter() - started)
