"""Labels and rewards through the whole local cloud: predictions are captured, indexed, and credited to who answered."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.aws.item_store import ItemStore
from sluice.aws.rewards import Rewards
from sluice.cli.http_client import HttpAnswer
from sluice.domain.feedback.totals import Totals
from tests.end_to_end.deployments import Deployment, until
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import ask_for, post, variants

CAPTURED_WITHIN = 60  # files are written every 5 s


def say(deployment: Deployment, form: Any) -> tuple[int, Any]:
    """POST /v1/feedback as a caller with AWS credentials; status and answer."""
    response = post(deployment, "/v1/feedback", form)
    return response.status, response.json()


def table_of(deployment: Deployment) -> str:
    (name,) = [name for name in client(deployment, "dynamodb").list_tables()["TableNames"] if "StateTable" in name]
    return str(name)


def earned(deployment: Deployment, goal: str) -> dict[str, Totals]:
    """What each variant's predictions earned, buckets that are not over yet included."""
    items = ItemStore(client(deployment, "dynamodb"), table=table_of(deployment), sleep=lambda _: None)
    now = datetime.now(UTC)
    start, end = now - timedelta(hours=1), now + timedelta(minutes=10)
    found = Rewards(items).between("flights", goal, start=start, end=end)
    return {variant: totals for (variant, _), totals in found.items() if totals.n}


def id_of(answer: HttpAnswer) -> str:
    return answer.headers["x-sluice-prediction-id"]


def is_indexed(deployment: Deployment, prediction_id: str) -> bool:
    key = {"pk": {"S": f"PREDICTION#{prediction_id}"}, "sk": {"S": "PREDICTION#1"}}
    return "Item" in client(deployment, "dynamodb").get_item(TableName=table_of(deployment), Key=key)


def test_rewards_early_and_late_are_credited_to_the_variants_that_answered(deployment: Deployment) -> None:
    goal = f"goal-{datetime.now(UTC):%H%M%S}"
    answers = ask_for(deployment, [f"unit-of-{goal}-{number}" for number in range(30)])
    served = Counter(variants(answers))
    early, late = answers[:15], answers[15:]

    status, said = say(deployment, {"feedback": [reward(answer, goal) for answer in early]})
    until(
        lambda: all(is_indexed(deployment, id_of(answer)) for answer in answers),
        seconds=CAPTURED_WITHIN,
        what="the index of the predictions",
    )
    late_status, late_said = say(deployment, {"feedback": [*(reward(answer, goal) for answer in late), {}]})

    assert (status, late_status) == (202, 202)
    assert {item["status"] for item in said["feedback"]} <= {"waiting", "joined"}
    assert [item["status"] for item in late_said["feedback"]] == ["joined"] * 15 + ["refused"]
    totals = until(lambda: complete(deployment, goal, len(answers)), seconds=30, what="the join of early rewards")
    assert {variant: each.n for variant, each in totals.items()} == served
    assert all(each.n <= each.exposures for each in totals.values())


def test_a_reward_that_cannot_be_taken_is_a_problem(deployment: Deployment) -> None:
    status, problem = say(deployment, {"prediction_id": "p", "reward": 7})

    assert (status, problem["type"]) == (422, "urn:sluice:problem:invalid-feedback")
    assert problem["violations"][0]["where"] == "reward"


def reward(answer: HttpAnswer, goal: str) -> dict[str, Any]:
    return {"prediction_id": id_of(answer), "reward": 0.5, "name": goal}


def complete(deployment: Deployment, goal: str, count: int) -> dict[str, Totals] | None:
    totals = earned(deployment, goal)
    return totals if sum(each.n for each in totals.values()) == count else None
