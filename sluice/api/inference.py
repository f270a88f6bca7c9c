"""The prediction API: KServe V1 and the Open Inference Protocol V2 over the models of one deployment."""

from typing import Any

from fastapi import FastAPI, Request, Response

from sluice.api import problems
from sluice.api.answering import Services, answer
from sluice.api.contract import PROBLEM_RESPONSES, RANK_EXCHANGE, V1_EXCHANGE, V2_EXCHANGE
from sluice.api.ranking import rank
from sluice.api.request import read_v1, read_v2
from sluice.domain.routing import Routing

SERVER_VERSION = "0.1.0"
_READINESS = (
    "Ready means that the routing table, or a copy read earlier, says where to send requests; no endpoint is asked, "
    "so a variant may be down while this says ready."
)

# Handlers are coroutines although asking a model blocks: a Lambda sandbox gets one request at a time, and the thread
# pool FastAPI uses for plain functions would cost every prediction more than the framework itself.


def create_app(services: Services) -> FastAPI:
    """The API as an ASGI application."""
    app = FastAPI(
        title="Sluice predictions",
        version=SERVER_VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=PROBLEM_RESPONSES,
    )
    problems.install(app)
    _add_v1(app, services)
    _add_v2_server(app, services)
    _add_v2_models(app, services)
    _add_v2_infer(app, services)
    return app


def _add_v1(app: FastAPI, services: Services) -> None:
    @app.get("/v1/models/{model}", summary="Whether a model can be routed to", description=_READINESS)
    async def model_status(model: str) -> dict[str, Any]:
        services.routings.get(model)
        return {"name": model, "ready": True}

    @app.post("/v1/models/{model}:predict", summary="Predict, one JSON value a row", openapi_extra=V1_EXCHANGE)
    async def predict(model: str, request: Request) -> Response:
        return await answer(services, request, model, read_v1)

    @app.post("/v1/models/{model}:rank", summary="Rank rows, the best first", openapi_extra=RANK_EXCHANGE)
    async def rank_rows(model: str, request: Request) -> Response:
        return await rank(services, request, model)


def _add_v2_server(app: FastAPI, services: Services) -> None:
    @app.get("/v2", summary="The server's metadata")
    async def server_metadata() -> dict[str, Any]:
        return {"name": "sluice", "version": SERVER_VERSION, "extensions": ["binary_tensor_data"]}

    @app.get("/v2/health/live", summary="Whether the server answers")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @app.get("/v2/health/ready", summary="Whether every model can be routed to", description=_READINESS)
    async def ready() -> dict[str, bool]:
        for model in services.routings.models:
            services.routings.get(model)
        return {"ready": True}


def _add_v2_models(app: FastAPI, services: Services) -> None:
    def known(model: str, version: str) -> Routing:
        routing = services.routings.get(model).routing
        routing.variant_of_version(version)
        return routing

    @app.get("/v2/models/{model}", summary="What a model takes and gives")
    async def metadata(model: str) -> dict[str, Any]:
        return _metadata(services.routings.get(model).routing)

    @app.get("/v2/models/{model}/versions/{version}", summary="What a version takes and gives")
    async def version_metadata(model: str, version: str) -> dict[str, Any]:
        return _metadata(known(model, version))

    @app.get("/v2/models/{model}/ready", summary="Whether a model can be routed to", description=_READINESS)
    async def ready(model: str) -> dict[str, Any]:
        return {"name": services.routings.get(model).routing.model, "ready": True}

    @app.get(
        "/v2/models/{model}/versions/{version}/ready",
        summary="Whether a version can be routed to",
        description=_READINESS,
    )
    async def version_ready(model: str, version: str) -> dict[str, Any]:
        return {"name": known(model, version).model, "ready": True}


def _add_v2_infer(app: FastAPI, services: Services) -> None:
    @app.post("/v2/models/{model}/infer", summary="Predict, by tensors", openapi_extra=V2_EXCHANGE)
    async def infer(model: str, request: Request) -> Response:
        return await answer(services, request, model, read_v2)

    @app.post(
        "/v2/models/{model}/versions/{version}/infer",
        summary="Predict with a given version and no other",
        openapi_extra=V2_EXCHANGE,
    )
    async def infer_version(model: str, version: str, request: Request) -> Response:
        return await answer(services, request, model, read_v2, version=version)


def _metadata(routing: Routing) -> dict[str, Any]:
    form = routing.signature.to_dict()
    return {
        "name": routing.model,
        "versions": sorted(set(routing.versions.values())),
        "platform": "onnxruntime_onnx",
        "inputs": form["inputs"],
        "outputs": form["outputs"],
    }
