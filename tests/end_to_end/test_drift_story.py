"""The story of drift, end to end: quiet hours, a wrong version, three faults upstream, a storm, and reports of it.

Flights of June to August are asked about through the HTTP API, and their labels are said once they have landed. A
window is an hour of the cloud's, which is a minute here. The champion's reference holds other flights of that
summer, and but for the storm's they come in random order: windows are alike then, and what is found was planted there.
The model is not asked for a departure's delay, which nobody knows yet: the number that comes in seconds instead of
minutes is ``scheduled_minutes``.
"""

import json
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pytest

from examples.flights import data
from examples.flights.evaluate import probabilities
from examples.flights.features import CATEGORIES, CLASSES, features
from examples.flights.stream import LiveFlight, live_flights
from sluice.cli.http_client import HttpAnswer
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.build import Choices, Labelled, build_reference
from sluice.domain.drift.outcomes import count_outcomes
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.window import LENGTH, hour_of
from sluice.domain.variant import CHAMPION
from tests.end_to_end.admin_api import AdminApi
from tests.end_to_end.deployments import ROOT, Deployment, lay_out, sluice_up, until
from tests.end_to_end.test_feedback import id_of, is_indexed, say
from tests.end_to_end.test_release import explained, over
from tests.end_to_end.traffic import ask_for, variants
from tests.end_to_end.watched import PATIENCE_SECONDS, cloud_time, drifting, known, looks, rang_at, soon

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]
SPEED = 60
A_REQUEST, A_WINDOW = 100, 2_000
LABELLED = 30  # of a window, asked about one by one, for a label is of one prediction; a call takes 100 labels
REFERENCE_ROWS = 30_000
AUTUMN = pd.Timestamp("2013-09-01", tz=data.NEW_YORK)
STORM = pd.Timestamp("2013-06-07", tz=data.NEW_YORK), pd.Timestamp("2013-06-08", tz=data.NEW_YORK)
QUIET = 2 * LENGTH
EVERY = timedelta(minutes=15)
WITHIN_LOOKS = 2 * LENGTH // EVERY
JUDGED = (Verdict.PASS, Verdict.FAIL)
SETTINGS = f"""
name: sluice
models:
  flights:
    variants:
      champion: {{artifact: v1, weight: 100}}
    monitoring: {{every_minutes: {EVERY // timedelta(minutes=1)}}}
    feedback: {{label: late}}
inference: {{routing_seconds: 1}}
"""
# Nothing but drift speaks: the candidate's answers are quick, well formed and wrong.
BY_HALVES = """
stages: [{canary: {percents: [50], minutes: 1440}}]
bake: {minutes: 0}
"""
ALARM = "sluice-flights-drift"
BROKEN = {"scheduled_minutes": "out_of_range", "origin": "new_category", "humid": "missing"}
WEATHER = {"precip", "visib"}
Row = dict[str, Any]
Flown = tuple[LiveFlight, HttpAnswer]


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
    """What these flights were, what version 1 answers about them, and how often it is right."""
    inputs = features(flights)
    answers = Answers.most_probable(probabilities(ROOT / "build/flights/v1", inputs))
    columns = {name: column.to_numpy(object if name in CATEGORIES else np.float32) for name, column in inputs.items()}
    choices = Choices(categorical=frozenset(CATEGORIES), draws=0)
    found = build_reference(columns, seed=1, labelled=Labelled(CLASSES, answers), choices=choices)
    landed = flights["late"].notna().to_numpy()
    right = Answers(answers.probabilities[landed], answers.predicted[landed])
    outcomes = count_outcomes(found.binning, right, flights["late"][landed].to_numpy(np.int64))
    return json.dumps(replace(found, outcomes=outcomes).to_dict())


def test_a_wrong_version_faults_upstream_and_a_storm_are_each_found_and_named(
    watched: Deployment, summer: pd.DataFrame
) -> None:
    flights = live_flights(summer.iloc[REFERENCE_ROWS:])
    flown = quiet_hours_and_a_wrong_version(watched, flights)
    begun = faults_upstream_are_found(watched, flights)
    the_report_shows_the_faults_and_quiet_hours_before(watched, begun)
    how_well_it_does_is_measured(watched, flown)
    a_storm_is_found(watched, summer)


def quiet_hours_and_a_wrong_version(watched: Deployment, flights: Iterator[LiveFlight]) -> list[Flown]:
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
    return flown


def faults_upstream_are_found(watched: Deployment, flights: Iterator[LiveFlight]) -> datetime:
    """From some moment on a number comes in another unit, a category has a new name, humidity is missing sometimes."""
    begun = cloud_time(watched)
    while (
        not BROKEN.keys() <= (found := drifting(known(watched))).keys() and looks(watched, since=begun) < WITHIN_LOOKS
    ):
        some = islice(flights, A_WINDOW // 2)
        ask_about(watched, [spoilt(number, flight.instance) for number, flight in enumerate(some)])
        time.sleep(1)

    assert {name: each.change for name, each in found.items() if name in BROKEN} == BROKEN
    assert found.keys() - BROKEN.keys() <= {"predicted", "score of late"}  # which follow from these
    rang: datetime = until(lambda: rang_at(watched, ALARM), seconds=PATIENCE_SECONDS, what="the alarm")
    assert 0 < looks(watched, since=begun, before=rang) <= WITHIN_LOOKS
    told = " ".join(each["title"] for each in incidents(watched))
    assert all(name in told for name in BROKEN)
    (said,) = [each for each in watched.json("drift", "status") if each["slot"] == CHAMPION]
    assert {each["feature"] for each in said["drifting"]} >= BROKEN.keys()
    return begun


def the_report_shows_the_faults_and_quiet_hours_before(watched: Deployment, begun: datetime) -> None:
    """What a person reads who was called by the alarm."""
    told = the_report_names(watched, BROKEN, since=begun)

    assert {each["feature"]: each["change"] for each in told["findings"] if each["feature"] in BROKEN} == BROKEN
    quiet = [each for each in told["windows"] if datetime.fromisoformat(each["end"]) <= begun]
    assert sum(each["rows"] for each in quiet) > A_WINDOW
    assert [each["drifted"] for each in quiet] == [[]] * len(quiet)


def how_well_it_does_is_measured(watched: Deployment, flown: Sequence[Flown]) -> None:
    """By the labels of what the champion itself answered, all of them and each once."""
    own = [
        (flight.label, answer.body["predictions"][0]) for flight, answer in flown if variants([answer]) == [CHAMPION]
    ]
    right = sum(int(np.argmax(said["probabilities"])) == label for label, said in own)

    soon(watched, lambda found: bool(found.quality and found.quality.rows == len(own)), "a look at all labels")
    (said,) = [each["quality"] for each in watched.json("drift", "status") if each["slot"] == CHAMPION]
    assert (said["basis"], said["verdict"], said["loss"]) == ("measured", "pass", None), said["reason"]
    assert said["accuracy"] == pytest.approx(right / len(own))
    assert said["at_training"] == pytest.approx(0.716, abs=0.01)


def a_storm_is_found(watched: Deployment, summer: pd.DataFrame) -> None:
    """The flights of 7 June, when Andrea came through New York, as they left."""
    first, last = STORM
    day = summer[summer["scheduled_departure"].between(first, last)].sort_values("scheduled_departure")
    begun = cloud_time(watched)
    ask_about(watched, [flight.instance for flight in live_flights(day)])

    storm = soon(watched, lambda found: drifting(found).keys() >= WEATHER, "the storm")
    since = min(drifting(storm)[name].since for name in WEATHER)
    assert since >= begun - LENGTH
    the_report_names(watched, WEATHER, since=begun)


def the_report_names(watched: Deployment, features: Collection[str], *, since: datetime) -> Any:
    """As a page for people, and the same for programs: each first found in the hour it began or the next."""
    told = watched.json("drift", "report", "--out", "report.html", "--since", "1d")
    page = (watched.folder / "report.html").read_text(encoding="utf-8")

    first = {each["feature"]: each["first_found"] for each in told["findings"] if each["verdict"] == "fail"}
    within = {f"{hour_of(at):%Y-%m-%d %H:%M}" for at in (since, since + LENGTH)}
    assert {first[name] for name in features} <= within
    assert all(name in page and f"First found in {first[name]}, drifted" in page for name in features)
    return told


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


def a_window(deployment: Deployment, flights: Iterator[LiveFlight]) -> list[Flown]:
    """Ask about a window's flights; those that were asked about one by one and have landed, with the answers."""
    ask_about(deployment, [flight.instance for flight in islice(flights, A_WINDOW)])
    alone = [flight for flight in islice(flights, LABELLED) if flight.label is not None]
    return [(flight, ask_about(deployment, [flight.instance], flight.unit)[0]) for flight in alone]


def land(deployment: Deployment, flown: Sequence[Flown]) -> None:
    """Say the labels of flights that have landed: each joins its prediction."""
    ids = [id_of(answer) for _, answer in flown]
    until(
        lambda: all(is_indexed(deployment, each) for each in ids), seconds=PATIENCE_SECONDS, what="the index", every=1
    )
    items = [{"prediction_id": id_of(answer), "label": flight.label, "name": "late"} for flight, answer in flown]
    status, said = say(deployment, {"feedback": items})
    assert (status, {each["status"] for each in said["feedback"]}) == (202, {"joined"})


def incidents(deployment: Deployment) -> list[dict[str, Any]]:
    """Oldest first."""
    found: list[dict[str, Any]] = deployment.json("incident", "list")["incidents"]
    return sorted(found, key=lambda each: str(each["opened_at"]))
