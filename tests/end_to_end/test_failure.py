import os
import signal
from pathlib import Path

from tests.end_to_end.deployments import Deployment, processes, until
from tests.end_to_end.traffic import ask_for, variants


def process_of(deployment: Deployment, variant: str) -> int | None:
    """The process id of a variant's model container."""
    found = processes("model_container serve", f"{deployment.folder.resolve()}/", variant)
    return found[0] if found else None


def challenged_unit(deployment: Deployment) -> str:
    """A unit that the challenger answers."""
    units = [f"unit-{number}" for number in range(100)]
    answered = variants(ask_for(deployment, units))
    return units[answered.index("challenger")]


def fallbacks(deployment: Deployment) -> int:
    (model,) = deployment.json("status")
    return sum(variant["fallbacks"] for variant in model["variants"])


def test_predictions_go_on_while_the_challengers_process_is_killed_and_it_comes_back(deployment: Deployment) -> None:
    unit, before = challenged_unit(deployment), process_of(deployment, "challenger")
    assert before is not None
    counted = fallbacks(deployment)

    os.kill(before, signal.SIGKILL)
    meanwhile = ask_for(deployment, [unit] * 10)

    assert set(variants(meanwhile)) <= {"champion", "challenger"}
    assert meanwhile[0].headers["x-sluice-variant"] == "champion"
    assert meanwhile[0].headers["x-sluice-fallback-from"] == "challenger"
    until(lambda: fallbacks(deployment) > counted, seconds=30, what="the count of the fallback")
    until(
        lambda: variants(ask_for(deployment, [unit])) == ["challenger"], seconds=60, what="the return of the challenger"
    )
    assert process_of(deployment, "challenger") not in (None, before)


def test_nothing_is_left_behind_in_the_users_folder(deployment: Deployment) -> None:
    made = {path.name for path in Path(deployment.folder).iterdir()}

    assert made == {"sluice.yaml", "build", "examples", "up.log", ".sluice"}
