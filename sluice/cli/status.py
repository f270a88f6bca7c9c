"""What is deployed and how is it doing? Routing, endpoint and the last quarter of an hour, side by side."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
from rich.markup import escape

from sluice.aws.endpoint import Endpoints, EndpointState
from sluice.aws.retrainings import Retrainings
from sluice.aws.state import RoutingStore
from sluice.cli.show import Output
from sluice.cli.target import Target
from sluice.clock import utc_now
from sluice.domain.errors import EndpointNotFound, InvalidSignature
from sluice.domain.retraining.describe import describe
from sluice.domain.routing import Routing
from sluice.domain.signature import Signature
from sluice.domain.variant import in_order
from sluice.settings.deployment import Deployment, Model
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
        notes: What is wrong, or may surprise.
        retraining: How its retrainings stand; None where nothing starts any.

    """

    model: str
    endpoint: str
    endpoint_status: str
    config: str
    notes: list[str]
    variants: list[VariantStatus]
    retraining: str | None = None


def read_status(settings: Deployment, target: Target, config: Path) -> list[ModelStatus]:
    """Every model of the deployment, beside what ``config``, its sluice.yaml, declares."""
    store, endpoints = RoutingStore.connect_patiently(target.table), Endpoints.connect()
    retrainings = Retrainings.connect(target.table)
    found = [
        _model(
            model,
            settings.endpoint_name(model),
            declared=_declared_versions(declared, config),
            store=store,
            endpoints=endpoints,
        )
        for model, declared in settings.models.items()
    ]
    told = {model: describe(retrainings.of(model)) for model in settings.retrained}
    return [replace(each, retraining=told.get(each.model)) for each in found]


def show_status(models: list[ModelStatus], out: Output) -> None:
    """Print a table a model, or JSON."""
    if out.as_json:
        out.json([asdict(model) for model in models])
        return
    for model in models:
        out.line(f"[bold]{model.model}[/] on {model.endpoint}: {model.endpoint_status} ({model.config})")
        for note in model.notes:
            out.line(f"  [yellow]{escape(note)}[/]")
        if model.retraining is not None:
            out.plain(f"  retraining: {model.retraining}")
        rows = [
            [v.variant, v.version, f"{v.weight} %", _shown(v.endpoint_weight), v.instances, v.predictions, v.fallbacks]
            for v in model.variants
        ]
        out.table(["variant", "version", "traffic", "endpoint", "instances", "answered", "fallbacks"], rows)
    out.line("traffic: percents by the routing table; endpoint: weight in effect there; counts: the last 15 minutes")


def _shown(weight: float | None) -> str:
    return "-" if weight is None else f"{weight:g}"


def _declared_versions(declared: Model, config: Path) -> dict[str, str]:
    """Version by slot, as far as the artifacts are on this machine and can be read."""
    versions = {}
    for slot, variant in declared.variants.items():
        signature = config.parent / variant.artifact / "signature.json"
        with suppress(OSError, ValueError, InvalidSignature):
            versions[slot] = Signature.from_dict(json.loads(signature.read_text(encoding="utf-8"))).version
    return versions


def _model(
    model: str, endpoint: str, *, declared: Mapping[str, str], store: RoutingStore, endpoints: Endpoints
) -> ModelStatus:
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
        notes=[
            *_faults(routing, state),
            *_differences(declared, routing.versions if routing else {}),
            *_interleaved(routing),
        ],
        variants=_variants(routing, state) if routing else [],
    )


def _faults(routing: Routing | None, state: EndpointState | None) -> Iterator[str]:
    if routing is None:
        yield "no routing table: the model has not been deployed"
    elif state is None:
        yield "the endpoint is missing: predictions are answered 503; deploy again"
    else:
        if state.failure_reason:
            yield f"the last change failed: {state.failure_reason}"
        served = {variant.name for variant in state.variants}
        lacking = sorted(routing.versions.keys() - served)
        if lacking and served:
            yield f"the routing table names variants the endpoint lacks: {', '.join(lacking)}"


def _differences(declared: Mapping[str, str], live: Mapping[str, str]) -> Iterator[str]:
    for slot in in_order(declared.keys() & live.keys()):
        if declared[slot] != live[slot]:
            yield f"{slot}: declared {declared[slot]}, live {live[slot]}: releases decide; a deploy does not change it"


def _interleaved(routing: Routing | None) -> Iterator[str]:
    if routing is not None and routing.interleaving is not None:
        treatment = routing.interleaving.treatment
        yield f"lists are drafted from champion and {treatment}, by {routing.author}; traffic is that of predictions"


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
    now = utc_now()
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
