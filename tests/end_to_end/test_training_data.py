"""Training data through the whole local cloud: flights are asked about and captured, labelled, and assembled."""

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from pyarrow import parquet

from examples.flights.stream import live_flights
from tests.end_to_end.deployments import Deployment, until
from tests.end_to_end.test_feedback import CAPTURED_WITHIN, id_of, is_indexed, say
from tests.end_to_end.traffic import ask_for, variants

pytestmark = pytest.mark.ci

FLIGHTS = 30


def test_flights_that_were_asked_about_and_labelled_can_be_learnt_from(deployment: Deployment, tmp_path: Path) -> None:
    goal = f"late-{datetime.now(UTC):%H%M%S}"
    since = datetime.now(UTC).replace(microsecond=0)
    flights = [flight.instance for flight in islice(live_flights(), FLIGHTS)]
    answers = []
    for number, flight in enumerate(flights):
        if number % 10 == 0:
            time.sleep(1)  # captured times are of whole seconds, and what is split is time
        answers += ask_for(deployment, [f"learnt-{goal}-{number}"], json.dumps({"instances": [flight]}).encode())
    served = variants(answers)
    labels = [number % 3 // 2 for number in range(FLIGHTS)]
    feedback = [
        {"prediction_id": id_of(answer), "label": label, "name": goal}
        for answer, label in zip(answers, labels, strict=True)
    ]
    status, _ = say(deployment, {"feedback": feedback})
    until(
        lambda: all(is_indexed(deployment, id_of(answer)) for answer in answers),
        seconds=CAPTURED_WITHIN,
        what="the index of the predictions",
    )

    words = ("--since", since.isoformat(), "--label", goal, "--out", str(tmp_path), "--split", "40/30/30")
    lineage = deployment.json("data", "assemble", *words, "--outliers", "0")

    assert status == 202
    rows = [row for part in lineage["parts"] for row in parquet.read_table(tmp_path / f"{part}.parquet").to_pylist()]
    by_id = {row["sluice_prediction_id"]: row for row in rows}
    assert [by_id[id_of(answer)][goal] for answer in answers] == labels
    assert [by_id[id_of(answer)]["sluice_variant"] for answer in answers] == served
    assert [by_id[id_of(answer)]["carrier"] for answer in answers] == [flight["carrier"] for flight in flights]
    assert {row["sluice_answer"] for row in rows} <= {0, 1}
    assert lineage["predictions"]["count"] == FLIGHTS
    assert all(since <= row["sluice_at"] < since + timedelta(hours=1) for row in rows)
