"""Two rankers compared within each list, as a person does it: start, rank, click, read the verdict, stop.

A minute of this cloud is two seconds: lists count when the five minutes in which they were shown are over.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.iam.usage import denied
from tests.end_to_end.deployments import TWO_VARIANTS, Deployment, lay_out, sluice_up, until
from tests.end_to_end.test_feedback import say
from tests.end_to_end.test_permissions import functions, uses
from tests.end_to_end.traffic import MODEL, SAMPLE, ask_for, post, variants

pytestmark = pytest.mark.ci

ROWS = json.loads(SAMPLE)["instances"]
START = ("champion", "challenger", "--interleave", "--goal", "clicked", "--maturation-minutes", "0")
PATIENCE_SECONDS = 120
LISTS = 40


@pytest.fixture
def ranking(tmp_path: Path) -> Iterator[Deployment]:
    with sluice_up(lay_out(tmp_path, TWO_VARIANTS), "--speed", "30") as running:
        yield running


def rank(deployment: Deployment, unit: str) -> dict[str, Any]:
    """A list of the sample's flights, those that will be late first; with the id and who gave it."""
    form = {"instances": ROWS, "rank_by": "probabilities.late"}
    answer = post(deployment, f"/v1/models/{MODEL}:rank", form, x_sluice_unit=unit)
    assert answer.status == 200, answer.data
    headers = answer.headers
    return {**answer.json(), "id": headers["X-Sluice-Prediction-Id"], "by": headers["X-Sluice-Variant"]}


def soon(condition: Any, what: str) -> Any:
    return until(condition, seconds=PATIENCE_SECONDS, what=what, every=1)


def click(list_: dict[str, Any]) -> dict[str, Any]:
    """On what the challenger has picked."""
    return {"prediction_id": list_["id"], "draft": list_["draft"], "clicked": [list_["draft"].index("T")]}


def test_people_who_choose_from_the_challenger_have_it_shipped(ranking: Deployment) -> None:
    alone = rank(ranking, "before")
    assert (sorted(alone["ranking"]), "draft" in alone) == ([0, 1], False)

    started = ranking.json("experiment", "start", *START, "--reason", "which one do they choose from?")
    assert (started["mode"], started["weights"]) == ("interleaving", {"champion": 100, "challenger": 0})
    soon(lambda: ranking.json("experiment", "status")["phase"] == "running", "the experiment")
    soon(lambda: "draft" in rank(ranking, "early"), "a drafted list")

    lists = [rank(ranking, f"unit-{number}") for number in range(LISTS)]
    taken = say(ranking, {"feedback": [click(each) for each in lists]})
    predicted = variants(ask_for(ranking, [f"unit-{number}" for number in range(8)]))
    status = soon(lambda: counted(ranking), "the count of all lists")

    assert {each["by"] for each in lists} == {"champion,challenger"}
    assert {item["status"] for item in taken[1]["feedback"]} <= {"waiting", "joined"}
    assert predicted == ["champion"] * 8
    assert (status["duels"]["treatment"], status["duels"]["control"], status["duels"]["ties"]) == (LISTS, 0, 0)
    assert status["duels"]["lists"] >= LISTS
    assert (status["verdict"], status["winner"]) == ("ship", "challenger")
    assert f"challenger won {LISTS}, champion 0, nobody 0" in ranking.run("sluice", "experiment", "status").stdout
    assert "lists are drafted from champion and challenger" in ranking.run("sluice", "status").stdout

    ranking.run("sluice", "experiment", "stop", "--reason", "seen enough")
    soon(lambda: ranking.json("experiment", "status")["phase"] == "stopped", "its end")
    soon(lambda: "draft" not in rank(ranking, "late"), "a list of the champion alone")
    assert denied(uses(ranking, functions(ranking)["Inference"])) == []


def counted(deployment: Deployment) -> dict[str, Any] | None:
    status: dict[str, Any] = deployment.json("experiment", "status")
    return status if status["duels"]["treatment"] >= LISTS else None
