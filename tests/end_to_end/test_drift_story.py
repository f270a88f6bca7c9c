"""The story of drift, end to end: quiet hours, a wrong version, three faults upstream, and a storm.

Flights of June to August are asked about through the HTTP API, and their labels are said once they have landed. A
window is an hour of the cloud's, which is a minute here. The champion's reference holds other flights of that
summer, and but for the storm's they come in random order: windows are alike then, and what is found was planted there.
The model is not asked for a departure's delay, which nobody knows yet: the number that comes in seconds instead of
minutes is ``scheduled_minutes``.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pytest

from examples.flights import data
from examples.flights.evaluate import probabilities
from examples.flights.features import CATEGORIES, CLASSES, features
from examples.flights.stream import LiveFlight, live_flights
from local_cloud import state_file
from sluice.aws.watches import Watches
from sluice.cli.http_client import HttpAnswer
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.build import Choices, Labelled, build_reference
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.watch import Drifting, Watch
from sluice.domain.monitoring.window import LENGTH
from tests.end_to_end.admin_api import AdminApi
from tests.end_to_end.deployments import ROOT, Deployment, lay_out, sluice_up, until
from tests.end_to_end.test_feedback import id_of, is_indexed, say, table_of
from tests.end_to_end.test_prediction import client
from tests.end_to_end.test_release import explained, over
from tests.end_to_end.traffic import ask_for, variants

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]
SPEED = 60
A_REQUEST, A_WINDOW = 100, 2_000
LABELLED = 20  # of a window: a label is said of a prediction, so these flights are asked about one by one
REFERENCE_ROWS = 30_000
AUTUMN = pd.Timestamp("2013-09-01", tz=data.NEW_YORK)
STORM = pd.Timestamp("2013-06-07", tz=data.NEW_YORK), pd.Timestamp("2013-06-08", tz=data.NEW_YORK)
QUIET = WITHIN = 2 * LENGTH
PATIENCE_SECONDS = 180
JUDGED = (Verdict.PASS, Verdict.FAIL)
SETTINGS = """
name: sluice
models:
  flights:
    variants:
      champion: {artifact: v1, weight: 100}
    monitoring: {every_minutes: 15}
inference: {routing_seconds: 1}
"""
# Nothing but drift speaks: the candidate's answers are quick, well formed and wrong.
BY_HALVES = """
stages: [{canary: {percents: [50], minutes: 1440}}]
bake: {minutes: 0}
"""
BROKEN = {"scheduled_minutes": "out_of_range", "origin": "new_category", "humid": "missing"}
Row = dict[str, Any]


@pytest.fixture(scope="module")
def summer() -> pd.DataFrame:
    """The flights of June to August, in no order."""
    live = data.load().live
    return live[live["scheduled_departure"] < AUTUMN].sample(frac=1.0, random_state=8)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, summer: pd.DataFrame) -> Iterator[Deployment]:
    folder = lay_out(tmp_path_factory.mktemp("story"), SETTINGS)
    reference = reference_of(summer.head(REFERENCE_ROWS))
    for version in ("v1", "v5"):  # which believes that it answers as version 1 does
        shutil.copytree(ROOT / "build/flights" / version, folder / version)
        (folder / version / "reference.json").write_text(reference, encoding="utf-8")
    with sluice_up(folder, "--speed", str(SPEED)) as running:
        yield running


def reference_of(flights: pd.DataFrame) -> str:
    """What these flights were, and what version 1 answers about them."""
    inputs = features(flights)
    answers = Answers.most_probable(probabilities(ROOT / "build/flights/v1", inputs))
    columns = {name: column.to_numpy(object if name in CATEGORIES else np.float32) for name, column in inputs.items()}
    choices = Choices(categorical=frozenset(CATEGORIES), draws=0)
    return json.dumps(build_reference(columns, seed=1, labelled=Labelled(CLASSES, answers), choices=choices).to_dict())


def test_a_wrong_version_faults_upstream_and_a_storm_are_each_found_and_named(
    watched: Deployment, summer: pd.DataFrame
) -> None:
    flights = live_flights(summer.iloc[REFERENCE_ROWS:])
    quiet_hours_and_a_wrong_version(watched, flights)
    faults_upstream_are_found(watched, flights)
    a_storm_is_found(watched, summer)


def quiet_hours_and_a_wrong_version(watched: Deployment, flights: Iterator[LiveFlight]) -> None:
    """Nothing drifts but the answers of a candidate, which the alarm of its slot takes back."""
    begun, api = cloud_time(watched), AdminApi(watched)
    flown = a_window(watched, flights)
    (watched.folder / "plan.yaml").write_text(BY_HALVES, encoding="utf-8")
    started = watched.json("rollout", "start", "v5", "--plan", "plan.yaml", "--reason", "good on the holdout")
    rollout = started["id"]
    until(lambda: api.get("/routing")["weights"].get("challenger"), seconds=PATIENCE_SECONDS, what="a half", every=1)
    flown += a_window(watched, flights)
    ended = over(api, rollout)
    flown += a_window(watched, flights)
    until(lambda: cloud_time(watched) > begun + QUIET, seconds=PATIENCE_SECONDS, what="quiet hours")

    assert ended["phase"] == "aborted"
    assert "sluice-flights-challenger-outputs" in explained(watched, rollout)
    # On a busy machine captured files come late, and a look that has no rows judges nothing.
    quiet = soon(
        watched, lambda found: found.looked_at > begun + QUIET and found.verdict in JUDGED, "a look that judges"
    )
    assert (quiet.verdict, quiet.drifting) == (Verdict.PASS, ()), quiet.reason
    assert [each["rollout_id"] for each in incidents(watched)] == [rollout]
    land(watched, flown)


def faults_upstream_are_found(watched: Deployment, flights: Iterator[LiveFlight]) -> None:
    """From some moment on a number comes in another unit, a category has a new name, humidity is missing sometimes."""
    begun = cloud_time(watched)
    while not BROKEN.keys() <= (found := drifting(known(watched))).keys() and cloud_time(watched) < begun + WITHIN:
        some = islice(flights, A_WINDOW // 2)
        ask_about(watched, [spoilt(number, flight.instance) for number, flight in enumerate(some)])
        time.sleep(1)

    assert {name: each.change for name, each in found.items() if name in BROKEN} == BROKEN
    assert cloud_time(watched) < begun + WITHIN
    assert found.keys() - BROKEN.keys() <= {"predicted", "score of late"}  # which follow from these
    until(lambda: state_of(watched, "sluice-flights-drift") == "ALARM", seconds=PATIENCE_SECONDS, what="the alarm")
    told = " ".join(each["title"] for each in incidents(watched))
    assert all(name in told for name in BROKEN)
    (said,) = [each for each in watched.json("drift", "status") if each["slot"] == "champion"]
    assert {each["feature"] for each in said["drifting"]} >= BROKEN.keys()


def a_storm_is_found(watched: Deployment, summer: pd.DataFrame) -> None:
    """The flights of 7 June, when Andrea came through New York, as they left."""
    first, last = STORM
    day = summer[summer["scheduled_departure"].between(first, last)].sort_values("scheduled_departure")
    begun = cloud_time(watched)
    ask_about(watched, [flight.instance for flight in live_flights(day)])

    storm = soon(watched, lambda found: {"precip", "visib"} <= drifting(found).keys(), "the storm")
    since = min(drifting(storm)[name].since for name in ("precip", "visib"))
    assert since >= begun - LENGTH


def spoilt(number: int, row: Row) -> Row:
    """A flight as a broken source sends it; every 33rd without its humidity."""
    broken = {"scheduled_minutes": row["scheduled_minutes"] * 60, "origin": f"K{row['origin']}"}
    return row | broken | ({"humid": None} if number % 33 == 0 else {})


def ask_about(deployment: Deployment, rows: Sequence[Row], unit: str = "") -> list[HttpAnswer]:
    """Ask about flights, many a request."""
    answers = []
    for at in range(0, len(rows), A_REQUEST):
        body = json.dumps({"instances": rows[at : at + A_REQUEST]}).encode()
        answers += ask_for(deployment, [unit or f"unit-{rows[at]['distance']}-{at}"], body)
    variants(answers)
    return answers


def a_window(deployment: Deployment, flights: Iterator[LiveFlight]) -> list[tuple[LiveFlight, HttpAnswer]]:
    """Ask about a window's flights; those that were asked about one by one and have landed, with the answers."""
    ask_about(deployment, [flight.instance for flight in islice(flights, A_WINDOW)])
    alone = [flight for flight in islice(flights, LABELLED) if flight.label is not None]
    return [(flight, ask_about(deployment, [flight.instance], flight.unit)[0]) for flight in alone]


def land(deployment: Deployment, flown: Sequence[tuple[LiveFlight, HttpAnswer]]) -> None:
    """Say the labels of flights that have landed: each joins its prediction."""
    ids = [id_of(answer) for _, answer in flown]
    until(
        lambda: all(is_indexed(deployment, each) for each in ids), seconds=PATIENCE_SECONDS, what="the index", every=1
    )
    items = [{"prediction_id": id_of(answer), "label": flight.label, "name": "late"} for flight, answer in flown]
    status, said = say(deployment, {"feedback": items})
    assert (status, {each["status"] for each in said["feedback"]}) == (202, {"joined"})


def known(deployment: Deployment) -> Watch | None:
    """What is known of the drift of the champion; read without a process, which would take from the machine."""
    return Watches(client(deployment, "dynamodb"), table=table_of(deployment)).get("flights", "1")


def drifting(found: Watch | None) -> dict[str, Drifting]:
    """What drifts, by feature."""
    return {each.feature: each for each in found.drifting} if found else {}


def soon(deployment: Deployment, condition: Callable[[Watch], bool], what: str) -> Watch:
    """What is known of the champion, once it fulfils a condition."""

    def fulfilled() -> Watch | None:
        found = known(deployment)
        return found if found and condition(found) else None

    found: Watch = until(fulfilled, seconds=PATIENCE_SECONDS, what=what, every=0.5)
    return found


def state_of(deployment: Deployment, alarm: str) -> str:
    (found,) = client(deployment, "cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return str(found["StateValue"])


def incidents(deployment: Deployment) -> list[dict[str, Any]]:
    """Oldest first."""
    found: list[dict[str, Any]] = deployment.json("incident", "list")["incidents"]
    return sorted(found, key=lambda each: str(each["opened_at"]))


def cloud_time(deployment: Deployment) -> datetime:
    """What time it is in the local cloud."""
    state = state_file.read(deployment.folder / ".sluice")
    assert state is not None
    passed = (time.monotonic() - state.origin) * state.speed
    return datetime.fromtimestamp(state.started, UTC) + timedelta(seconds=passed)
