"""The main job, start to end: deploy to the local cloud, release a good version and two bad ones, learn from the drift.

The versions have learnt from January to April and are asked about June: the champion's drift starts a retraining, whose
version is released on July's flights.
"""

from pathlib import Path
from time import monotonic, sleep

from botocore.exceptions import ReadTimeoutError
from rich.box import SIMPLE
from rich.table import Table

from examples.flights import samples
from examples.flights.data import NEW_YORK
from examples.flights.data import load as load_flights
from examples.flights.landings import Landings
from examples.flights.retrained import POISONED_CARRIER, compare, poison, put_history, wait_for_end
from examples.flights.stream import live_flights
from examples.flights.terminal import console, sluice
from examples.flights.traffic import MODEL, Seen, Traffic
from local_cloud.processes import free_port
from sluice.aws.registry import Package, Registry
from sluice.aws.retrainings import Retrainings
from sluice.aws.rollouts import Rollouts
from sluice.cli.http_client import ask
from sluice.cli.show import Output
from sluice.cli.show_rollout import line_of
from sluice.cli.target import Target, TargetName, outputs_of, resolve
from sluice.cli.up import Ports, serving, until_signalled
from sluice.domain.package_metadata import DATA
from sluice.domain.retraining.run import SUCCEEDED
from sluice.domain.retraining.trigger import Cause
from sluice.domain.rollout.decision import Entry
from sluice.domain.rollout.rollout import Rollout
from sluice.settings.deployment import Deployment
from sluice.settings.source import load

SPEED = 20  # a minute of the cloud is three seconds here
USERS = 6
JUNE, JULY = 6, 7
COMPARED = 2_000  # flights that landed
PATIENCE_SECONDS = 300
MORE_LABELS = "more flights have landed"
REPORT = Path("build/drift.html")
CHAMPION_BEFORE = Path("build/flights/v2")
VERSIONS = {
    "2": "boosted trees, better than the champion",
    "3": "wrong scaling: percents where probabilities are promised",
    "4": "a lookup table that is too short: one flight in twenty is an error",
}


def demo(config: Path = Path("sluice.yaml")) -> None:
    """Run everything on free ports; leave nothing running."""
    started = monotonic()
    settings, out = load(config), Output(as_json=False)
    ports = Ports(api=free_port(), aws=free_port())
    with until_signalled(out), serving(config, ports=ports, speed=SPEED, out=out):
        target = resolve(TargetName.LOCAL, settings, config)
        first = ask(target, settings.access, MODEL, (samples.FOLDER / "v1.json").read_bytes())
        console.print(f"\n[bold]the first prediction[/], after {monotonic() - started:.0f} s: will these two be late?")
        out.prediction(first)
        put_history(outputs_of(f"{settings.name}-state", TargetName.LOCAL)["BucketName"])
        tell(target, settings)
    console.print(f"\ndone after {monotonic() - started:.0f} s, everything is stopped; `make up` keeps it running")


def tell(target: Target, settings: Deployment) -> None:
    """Release good and bad versions while users ask about June, then what July's users get; say what became of each."""
    console.print(f"\n{USERS} users ask about flights; the cloud's clock runs {SPEED} times as fast as ours")
    rollouts = Rollouts.connect(target.table)
    with Landings(target, settings.access) as landings:
        with asking(JUNE, target, settings, landings) as traffic:
            for version, about in VERSIONS.items():
                console.rule(f"[bold]version {version}[/]: {about}")
                sluice("register", f"build/flights/v{version}")
                show(release(newest(settings), rollouts, "looks good on my machine"), traffic.take())
            console.rule("[bold]drift[/]: the versions have learnt from January to April, and were asked about June")
            made = retrained(target, settings)
        with asking(JULY, target, settings, landings) as traffic:
            show(release(made, rollouts, "the gate let it pass"), traffic.take())
            tell_whether_better(made.version, landings)
    console.rule(f"[bold]a poisoned retraining[/]: the labels of {POISONED_CARRIER} are turned round")
    stopped(target, made)


def retrained(target: Target, settings: Deployment) -> Package:
    """The version that the champion's drift has brought about."""
    sluice("drift", "report", "--out", str(REPORT))
    console.print("  the drift of the champion starts a retraining; waiting for its end")
    book = Retrainings.connect(target.table)
    run = wait_for_end(book, lambda run: run.cause is Cause.DRIFT, "the retraining")
    if run.status != SUCCEEDED:  # on a slow machine few flights have landed by then, and the gate is not sure
        sluice("retrain", "status")
        sluice("retrain", "start", "--force", "--reason", MORE_LABELS)
        run = wait_for_end(book, lambda run: run.reason == MORE_LABELS, "the retraining")
    sluice("retrain", "status")
    if run.status != SUCCEEDED:
        raise RuntimeError(f"the retraining {run.status}: {run.failure} {run.failed}")
    return newest(settings)


def tell_whether_better(version: str, landings: Landings) -> None:
    """Compare what a version answers, once it has the traffic, with what the champion before it would have said."""
    before = len(landings.of(version))
    deadline = monotonic() + PATIENCE_SECONDS
    while len(landings.of(version)) < before + COMPARED and monotonic() < deadline:
        sleep(1)
    better = compare(landings.of(version)[before:], CHAMPION_BEFORE)
    console.print(f"\n[bold]version {version}, live[/]: {better}", soft_wrap=True)


def stopped(target: Target, made: Package) -> None:
    """Train on labels of which one carrier's are wrong: the gate names it."""
    data = Registry.connect().details(made.arn).metadata[DATA]
    reason = f"labels of {POISONED_CARRIER} turned round"
    sluice("retrain", "start", "--force", "--reason", reason, "--parameter", f"Data={poison(data)}")
    run = wait_for_end(Retrainings.connect(target.table), lambda run: run.reason == reason, "the poisoned retraining")
    sluice("retrain", "status")
    if run.status == SUCCEEDED or f"carrier {POISONED_CARRIER}" not in run.failure + str(run.failed):
        raise RuntimeError(f"the gate has not named carrier {POISONED_CARRIER}: {run}")


def asking(month: int, target: Target, settings: Deployment, landings: Landings) -> Traffic:
    """Users who ask about a month's flights, in no order, until they are told to stop."""
    live = load_flights().live
    chosen = live[live["scheduled_departure"].dt.tz_convert(NEW_YORK).dt.month == month]
    flights = live_flights(chosen.sample(frac=1, random_state=month))
    return Traffic(flights, target, settings.access, users=USERS, heard=landings.hear)


def release(package: Package, rollouts: Rollouts, reason: str) -> Rollout:
    """Approve a registered version, which starts its rollout; follow that to its end."""
    sluice("models", "approve", str(package.number), "--reason", reason)
    over = follow(package.version, rollouts)
    sluice("rollout", "explain")
    return over


def newest(settings: Deployment) -> Package:
    """The version that was registered last."""
    return Registry.connect().newest(settings.endpoint_name(MODEL), 1)[0]


def follow(version: str, rollouts: Rollouts) -> Rollout:
    """Print the audit of a version's rollout as it grows, until it is over. Raises TimeoutError."""
    said = 0
    deadline = monotonic() + PATIENCE_SECONDS
    while monotonic() < deadline:
        found, entries = _told(version, rollouts)
        for entry in entries[said:]:
            console.print(f"  {line_of(entry)}", markup=False, soft_wrap=True)
        said = max(said, len(entries))
        if found and found[0].phase.is_over:
            return found[0]
        sleep(1)
    raise TimeoutError(f"the rollout of version {version} was not over after {PATIENCE_SECONDS} s")


def _told(version: str, rollouts: Rollouts) -> tuple[list[Rollout], list[Entry]]:
    """The rollout of a version, if there is one, and its audit; nothing from a machine that is too busy to answer."""
    try:
        found = [rollout for rollout in rollouts.recent(MODEL) if rollout.candidate.version == version]
        return found, rollouts.audit(MODEL, found[0].id) if found else []
    except ReadTimeoutError:
        return [], []


def show(rollout: Rollout, seen: Seen) -> None:
    """What became of a rollout, and what its users saw meanwhile."""
    table = Table("rollout", "questions", "by version", "by champion instead", "failed", "nonsense", box=SIMPLE)
    versions = ", ".join(f"{version}: {count}" for version, count in sorted(seen.versions.items()))
    table.add_row(
        rollout.phase, *map(str, (seen.questions, versions, seen.fallbacks, seen.failures.total(), seen.nonsense))
    )
    console.print(table)
