"""The main job, start to end: deploy to the local cloud, predict the summer's flights, shift traffic, look again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from time import monotonic, sleep

from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.metrics import roc_auc_score

from examples.flights import samples
from examples.flights.stream import LiveFlight, live_flights
from local_cloud.processes import free_port
from sluice.aws.endpoint import Endpoints
from sluice.aws.state import RoutingStore
from sluice.cli.http_client import HttpAnswer, ask
from sluice.cli.show import Output
from sluice.cli.target import Target, TargetName, resolve
from sluice.cli.up import Ports, serving, until_signalled
from sluice.service.set_weights import set_weights
from sluice.settings.deployment import Deployment
from sluice.settings.source import load

MODEL = "flights"
FLIGHTS = 600
PATIENCE_SECONDS = 60
console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """One flight and the answer to it."""

    flight: LiveFlight
    answer: HttpAnswer

    @property
    def variant(self) -> str:
        """Who answered."""
        return self.answer.headers["x-sluice-variant"]

    @property
    def probability_late(self) -> float:
        """What was answered, 0 to 1."""
        return float(self.answer.body["predictions"][0]["probabilities"][1])


def demo(config: Path = Path("sluice.yaml")) -> None:
    """Run everything on free ports; leave nothing running."""
    started = monotonic()
    settings, out = load(config), Output(as_json=False)
    ports = Ports(api=free_port(), aws=free_port())
    with until_signalled(out), serving(config, ports=ports, speed=1, out=out):
        target = resolve(TargetName.LOCAL, settings, config)
        sample = (samples.FOLDER / "v1.json").read_bytes()
        first = ask(target, settings.access, MODEL, sample)
        console.print(f"\n[bold]the first prediction[/], after {monotonic() - started:.0f} s: will these two be late?")
        out.prediction(first)
        console.print(f"\nreading {FLIGHTS} flights of June 2013\n")
        tell(list(islice(live_flights(), FLIGHTS)), target, settings)
    console.print(f"\ndone after {monotonic() - started:.0f} s, everything is stopped; `make up` keeps it running")


def tell(flights: Sequence[LiveFlight], target: Target, settings: Deployment) -> None:
    """Predict every flight, shift traffic to the challenger, predict them again."""
    declared = settings.models[MODEL].variants
    before = [predict(flight, target, settings) for flight in track(flights, "predicting", console=console)]
    show(before, {slot: variant.weight for slot, variant in declared.items()})

    weights = {"champion": 50, "challenger": 50}
    set_weights(
        MODEL,
        weights,
        store=RoutingStore.connect_patiently(target.table),
        endpoints=Endpoints.connect(),
        sleep=sleep,
        patience_seconds=PATIENCE_SECONDS,
        routing_seconds=settings.inference.routing_seconds,
    )
    console.print(f"\n[bold]sluice weights champion=50 challenger=50[/] is in effect; the same {len(flights)} flights:")
    after = [predict(flight, target, settings) for flight in track(flights, "predicting", console=console)]
    show(after, weights)

    moved = [(old.variant, new.variant) for old, new in zip(before, after, strict=True) if old.variant != new.variant]
    back = moved.count(("challenger", "champion"))
    console.print(f"{len(moved)} units moved to the challenger, {back} moved back to the champion")


def predict(flight: LiveFlight, target: Target, settings: Deployment) -> Answered:
    """Ask the deployed API over HTTP about one flight. Raises RuntimeError when it does not answer."""
    body = json.dumps({"instances": [flight.instance]}).encode()
    answer = ask(target, settings.access, MODEL, body, unit=flight.unit)
    if not answer.is_success:
        raise RuntimeError(f"HTTP {answer.status}: {answer.body}")
    return Answered(flight, answer)


def show(answered: Sequence[Answered], weights: dict[str, int]) -> None:
    """A table of who answered how many, how fast, and how right in hindsight."""
    table = Table("variant", "version", "weight", "answered", "share", "p50", "AUC in hindsight")
    for variant, weight in weights.items():
        mine = [each for each in answered if each.variant == variant]
        versions = {each.answer.headers["x-sluice-model-version"] for each in mine}
        share = len(mine) / len(answered)
        latency = f"{median(each.answer.milliseconds for each in mine):.1f} ms" if mine else "-"
        version = ", ".join(sorted(versions))
        table.add_row(variant, version, f"{weight} %", str(len(mine)), f"{share:.1%}", latency, hindsight(mine))
    console.print(table)


def hindsight(answered: Sequence[Answered]) -> str:
    """Area under the ROC curve over the flights that landed; says on how many."""
    landed = [each for each in answered if each.flight.label is not None]
    labels = [each.flight.label for each in landed]
    if len(set(labels)) < 2:  # noqa: PLR2004  AUC takes both classes
        return "-"
    return f"{roc_auc_score(labels, [each.probability_late for each in landed]):.2f} (n={len(landed)})"
