"""Drift through the whole local cloud: flights are captured, counted and judged, and the status names what moved."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples.flights import data
from examples.flights.evaluate import probabilities
from examples.flights.features import CATEGORIES, CLASSES, features, instances
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.build import Choices, Labelled, build_reference
from tests.end_to_end.deployments import ROOT, Deployment, lay_out, sluice_up, until
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import ask_for, variants

pytestmark = pytest.mark.ci
A_REQUEST, REQUESTS = 20, 20
WITHIN_SECONDS = 120  # a file every 5 s, a look every 10 s
SETTINGS = """
name: sluice
models:
  flights:
    variants:
      champion: {artifact: v1, weight: 100}
    monitoring: {every_minutes: 5}
"""


def rows(*, seed: int) -> list[dict[str, Any]]:
    """Rows of V1 requests, drawn from the time the model was trained on."""
    return list(instances(data.load().training.sample(A_REQUEST * REQUESTS, random_state=seed)))


def write_reference(directory: Path) -> None:
    """What the training data was, and what the model answers to it."""
    inputs = features(data.load().training.sample(20_000, random_state=1))
    answers = Answers.most_probable(probabilities(directory, inputs))
    columns = {name: column.to_numpy() for name, column in inputs.items()}
    choices = Choices(categorical=frozenset(CATEGORIES), draws=0)
    built = build_reference(columns, seed=1, labelled=Labelled(CLASSES, answers), choices=choices)
    (directory / "reference.json").write_text(json.dumps(built.to_dict()), encoding="utf-8")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = lay_out(tmp_path_factory.mktemp("watched"), SETTINGS)
    shutil.copytree(ROOT / "build/flights/v1", folder / "v1")
    write_reference(folder / "v1")
    with sluice_up(folder, "--speed", "30") as running:
        yield running


def ask_about(deployment: Deployment, flights: list[dict[str, Any]]) -> None:
    for at in range(0, len(flights), A_REQUEST):
        body = json.dumps({"instances": flights[at : at + A_REQUEST]}).encode()
        variants(ask_for(deployment, [f"unit-{at}"], body))


def soon(deployment: Deployment, condition: Any, what: str) -> dict[str, Any]:
    """What is known of the champion, once it fulfils a condition."""

    def known() -> Any:
        return next(filter(condition, deployment.json("drift", "status")), None)

    found: dict[str, Any] = until(known, seconds=WITHIN_SECONDS, what=what, every=2)
    return found


def test_what_flights_are_asked_about_is_watched_and_a_shift_is_named(watched: Deployment) -> None:
    ask_about(watched, rows(seed=2))
    quiet = soon(watched, lambda found: found["rows"] >= A_REQUEST * REQUESTS, "a look at all quiet rows")
    assert (quiet["id"], quiet["slot"], quiet["verdict"], quiet["drifting"]) == ("1", "champion", "pass", [])

    shifted = [row | {"temp": (row["temp"] or 0) + 25, "carrier": "XX"} for row in rows(seed=3)]
    ask_about(watched, shifted)
    found = soon(watched, lambda found: found["drifting"], "the drift")

    named = {each["feature"]: each for each in found["drifting"]}
    assert {"temp", "carrier"} <= named.keys()
    assert named.keys() <= {"temp", "carrier", "predicted", "score of late"}  # which follow from these
    assert named["carrier"]["change"] == "new_category"
    said = watched.run("sluice", "drift", "status").stdout
    assert "median moved" in said
    (incident,) = watched.json("incident", "list")["incidents"]
    assert "what version 1 is asked has drifted" in incident["title"]
    until(lambda: alarm(watched) == "ALARM", seconds=WITHIN_SECONDS, what="the alarm", every=1)

    watched.run("sluice", "drift", "accept", "1", "--reason", "it is summer")
    over = soon(watched, lambda found: found["accepted"], "the acceptance")
    assert over["accepted"]["reason"] == "it is summer"
    volume = soon(watched, lambda found: "volume" in found, "a look at the volume")["volume"]
    assert (volume["verdict"], volume["unusual"]) == ("inconclusive", None)  # in its first week
    assert alarm(watched, "volume") == "INSUFFICIENT_DATA"


def alarm(deployment: Deployment, of: str = "drift") -> str:
    (found,) = client(deployment, "cloudwatch").describe_alarms(AlarmNames=[f"sluice-flights-{of}"])["MetricAlarms"]
    return str(found["StateValue"])
