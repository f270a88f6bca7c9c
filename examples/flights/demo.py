"""The main job, start to end: deploy to the local cloud, release a good version and two bad ones, look back.

What is looked back on is drift: the versions have learned from January to April, and were asked about June.
"""

import subprocess
import sys
from itertools import islice
from pathlib import Path
from random import Random
from time import monotonic, sleep

from botocore.exceptions import ReadTimeoutError
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from examples.flights import samples
from examples.flights.stream import live_flights
from examples.flights.traffic import MODEL, Seen, Traffic
from local_cloud.processes import free_port
from sluice.aws.rollouts import Rollouts
from sluice.cli.http_client import ask
from sluice.cli.show import Output
from sluice.cli.show_rollout import line_of
from sluice.cli.target import Target, TargetName, resolve
from sluice.cli.up import Ports, serving, until_signalled
from sluice.domain.rollout.decision import Entry
from sluice.domain.rollout.rollout import Rollout
from sluice.settings.deployment import Deployment
from sluice.settings.source import load

SPEED = 20  # a minute of the cloud is three seconds here
USERS = 6
FLIGHTS = 27_000  # June's
PATIENCE_SECONDS = 300
REPORT = Path("build/drift.html")
VERSIONS = {
    "2": "boosted trees, better than the champion",
    "3": "wrong scaling: percents where probabilities are promised",
    "4": "a lookup table that is too short: one flight in twenty is an error",
}
console = Console(highlight=False)


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
        tell(target, settings)
    console.print(f"\ndone after {monotonic() - started:.0f} s, everything is stopped; `make up` keeps it running")


def tell(target: Target, settings: Deployment) -> None:
    """Release each version while users ask about the flights of June; say what became of it and what they saw."""
    console.print(
        f"\n{USERS} users ask about the flights of June; the cloud's clock runs {SPEED} times as fast as ours"
    )
    rollouts = Rollouts.connect(target.table)
    flights = list(islice(live_flights(), FLIGHTS))
    Random(0).shuffle(flights)  # noqa: S311  some leave by day and some at night
    with Traffic(iter(flights), target, settings.access, users=USERS) as traffic:
        for package, (version, about) in enumerate(VERSIONS.items(), start=1):
            console.rule(f"[bold]version {version}[/]: {about}")
            show(release(version, package, rollouts), traffic.take())
    sluice("status")
    sluice("incident", "list")
    console.rule("[bold]drift[/]: the versions have learned from January to April, and were asked about June")
    sluice("drift", "report", "--out", str(REPORT))


def release(version: str, package: int, rollouts: Rollouts) -> Rollout:
    """Register and approve a version, which starts its rollout; follow that to its end."""
    sluice("register", f"build/flights/v{version}")
    sluice("models", "approve", str(package), "--reason", "looks good on my machine")
    over = follow(version, rollouts)
    sluice("rollout", "explain")
    return over


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


def sluice(*words: str) -> None:
    """Run a command as a person would, and show it."""
    console.print(f"\n[bold]$ sluice {' '.join(words)}[/]")
    subprocess.run([Path(sys.executable).with_name("sluice"), *words], check=True)  # noqa: S603  our own command
