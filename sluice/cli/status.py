"""What is deployed and how is it doing? Routing, endpoint and the last quarter of an hour, side by side."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from sluice.aws.endpoint import Endpoints, EndpointState
from sluice.aws.state import RoutingStore
from sluice.cli.show import Output
from sluice.cli.target import Target
from sluice.domain.errors import EndpointNotFound
from sluice.domain.routing import Routing
from sluice.domain.variant import in_order
from sluice.settings.deployment import Deployment
from sluice.telemetry import NAMESPACE, Dimension, Metric

_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class VariantStatus:
    """One variant of one model.

    Attributes:
        weight: Whole percents by the routing table.
        endpoint_weight: Weight in effect at the endpoint, or None when the endpoint has no such variant.
        predictions: Answers it gave in the window.
        fallbacks: Questions it failed and the champion answered, in the window.

    """

    variant: str
    version: str
    weight: int
    endpoint_weight: float | None
    instances: int
    predictions: int
    fallbacks: int


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model.

    Attributes:
        endpoint_status: ``EndpointStatus`` of SageMaker, or ``missing``.
        note: What is wrong, if anything is.

    """

    model: str
    endpoint: str
    endpoint_status: str
    config: str
    note: str | None
    variants: list[VariantStatus]


def read_status(settings: Deployment, target: Target) -> list[ModelStatus]:
    """Every model of the deployment."""
    store, endpoints = RoutingStore.connect(target.table), Endpoints.connect()
    return [_model(model, settings.endpoint_name(model), store, endpoints) for model in settings.models]


def show_status(models: list[ModelStatus], out: Output) -> None:
    """Print a table a model, or JSON."""
    if out.as_json:
        out.json([asdict(model) for model in models])
        return
    for model in models:
        out.line(f"[bold]{model.model}[/] on {model.endpoint}: {model.endpoint_status} ({model.config})")
        if model.note:
            out.line(f"  [yellow]{model.note}[/]")
        rows = [
            [v.variant, v.version, f"{v.weight} %", _shown(v.endpoint_weight), v.instances, v.predictions, v.fallbacks]
            for v in model.variants
        ]
        out.table(["variant", "version", "traffic", "endpoint", "instances", "answered", "fallbacks"], rows)
    out.line("traffic: percents by the routing table; endpoint: weight in effect there; counts: the last 15 minutes")


def _shown(weight: float | None) -> str:
    return "-" if weight is None else f"{weight:g}"


def _model(model: str, endpoint: str, store: RoutingStore, endpoints: Endpoints) -> ModelStatus:
    routing = store.get(model)
    try:
        state: EndpointState | None = endpoints.describe(endpoint)
    except EndpointNotFound:
        state = None
    return ModelStatus(
        model=model,
        endpoint=endpoint,
        endpoint_status=state.status if state else "missing",
        config=state.config_name if state else "-",
        note=_note(routing, state),
        variants=_variants(routing, state) if routing else [],
    )


def _note(routing: Routing | None, state: EndpointState | None) -> str | None:
    if routing is None:
        return "no routing table: the model has not been deployed"
    if state is None:
        return "the endpoint is missing: predictions are answered 503; deploy again"
    if state.failure_reason:
        return f"the last change failed: {state.failure_reason}"
    served = {variant.name for variant in state.variants}
    lacking = sorted(routing.versions.keys() - served)
    return f"the routing table names variants the endpoint lacks: {lacking}" if lacking and served else None


def _variants(routing: Routing, state: EndpointState | None) -> list[VariantStatus]:
    served = {variant.name: variant for variant in state.variants} if state else {}
    found = []
    for variant in in_order(routing.versions):
        live = served.get(variant)
        found.append(
            VariantStatus(
                variant=variant,
                version=routing.versions[variant],
                weight=routing.weights[variant],
                endpoint_weight=live.weight if live else None,
                instances=live.instances if live else 0,
                predictions=_sum(Metric.PREDICTIONS, routing.model, variant),
                fallbacks=_sum(Metric.FALLBACKS, routing.model, variant),
            )
        )
    return found


def _sum(metric: Metric, model: str, variant: str) -> int:
    """A count over the window."""
    now = datetime.now(UTC)
    query: dict[str, Any] = {
        "Namespace": NAMESPACE,
        "MetricName": metric.value,
        "Dimensions": [{"Name": Dimension.MODEL, "Value": model}, {"Name": Dimension.VARIANT, "Value": variant}],
        "StartTime": now - _WINDOW,
        "EndTime": now + timedelta(minutes=1),
        "Period": 60,
        "Statistics": ["Sum"],
    }
    points = boto3.client("cloudwatch").get_metric_statistics(**query)["Datapoints"]
    return int(sum(point["Sum"] for point in points))
