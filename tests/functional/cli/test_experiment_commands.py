from dataclasses import replace

import pytest

from sluice.aws.experiments import Experiments
from sluice.aws.item_store import ItemStore
from sluice.aws.state import RoutingStore
from sluice.domain.experiment.experiment import Mode, Phase
from sluice.domain.experiment.run import Run
from sluice.domain.feedback.bucket import BUCKET, bucket_of
from sluice.domain.rollout.decision import Entry, EntryKind
from tests.builders import a_routing
from tests.experiment_builders import HALF, a_cell, earn
from tests.functional.cli.operating import Operator
from tests.functional.deployed import a_client

START = ("experiment", "start", "champion=50", "challenger=50", "--goal", "booked", "--maturation-minutes", "0")


@pytest.fixture(autouse=True)
def _two_versions(operator: Operator) -> None:
    assert operator.rollouts.recent("flights") == []
    RoutingStore(a_client("dynamodb"), table="state").put(a_routing(revision=1, champion=100, challenger=0))


def newest() -> Run:
    return experiments().recent("flights", 1)[0]


def experiments() -> Experiments:
    return Experiments(a_client("dynamodb"), table="state")


def begun_ten_minutes_ago() -> Run:
    """With rewards of two times five minutes."""
    asked = newest()
    items = ItemStore(a_client("dynamodb"), table="state", sleep=lambda _: None)
    since = bucket_of(asked.requested_at) - 3 * BUCKET
    for at in (since, since + BUCKET):
        earn(items, a_cell("champion", revision=2, at=at), exposures=150, rewards={1: 15})
        earn(items, a_cell("challenger", revision=2, at=at), exposures=150, rewards={1: 18})
    moved = replace(asked, requested_at=since).entering(Phase.RUNNING, now=since)
    details = {"weights": HALF, "revision": 2}
    return experiments().put(moved, Entry(EntryKind.STARTED, "controller", "in effect", since, details))


def test_an_experiment_is_started(operator: Operator) -> None:
    done = operator.sluice(*START, "--reason", "is it better?", "--json")

    assert (done.code, done.json["phase"], done.json["weights"]) == (0, "pending", HALF)
    run = newest()
    assert (run.id, run.reason) == (done.json["id"], "is it better?")


def test_a_bandit_on_an_amount_is_started_with_all_its_settings(operator: Operator) -> None:
    words = ("--kind", "mean", "--cap", "9", "--lower-is-better", "--minimum-effect", "0.5", "--ignore-silence")

    done = operator.sluice(*START, *words, "--bandit", "--floor-percent", "20", "--discount", "0.9", "--covariate")

    assert done.code == 0
    run = newest()
    assert (run.experiment.mode, run.experiment.floor_percent, run.experiment.discount) == (Mode.BANDIT, 20, 0.9)
    goal = run.experiment.goal
    assert (goal.cap, goal.higher_is_better, goal.minimum_effect, goal.silence_is_zero) == (9, False, 0.5, False)
    assert "weights: champion 50 %, challenger 50 %" in done.out


def test_its_status_says_the_verdict_first(operator: Operator) -> None:
    operator.sluice(*START)
    begun_ten_minutes_ago()

    done = operator.sluice("experiment", "status")

    assert "keep_going: Keep going with challenger: not decided yet" in done.out
    assert "challenger: 300 predictions, 300 outcomes, mean 0.12" in done.out
    assert operator.sluice("experiment", "status", "--json").json["verdict"] == "keep_going"


def test_two_rankers_are_interleaved_and_the_status_says_who_won(operator: Operator) -> None:
    started = operator.sluice("experiment", "start", "champion", "challenger", "--interleave", *START[4:])
    assert (started.code, newest().experiment.mode) == (0, Mode.INTERLEAVING)
    assert "weights: champion 100 %, challenger 0 %" in started.out
    asked = newest()
    since = bucket_of(asked.requested_at) - 3 * BUCKET
    details = {"weights": asked.weights, "revision": 2, "interleaving": "challenger"}
    moved = replace(asked, requested_at=since).entering(Phase.RUNNING, now=since)
    experiments().put(moved, Entry(EntryKind.STARTED, "controller", "in effect", since, details))
    items = ItemStore(a_client("dynamodb"), table="state", sleep=lambda _: None)
    earn(
        items, a_cell("champion", revision=2, at=since), exposures=9, rewards={1: 3, 0: 2, 0.5: 1}, name="booked:draft"
    )

    done = operator.sluice("experiment", "status")

    assert "9 lists: challenger won 3, champion 2, nobody 1" in done.out
    assert "It won 3 of 5 decided lists" in done.out
    assert operator.sluice("experiment", "status", "--json").json["duels"]["lists"] == 9
    assert "within each list" in operator.sluice("experiment", "evaluate", "champion=100").mistake


def test_other_weights_are_valued(operator: Operator) -> None:
    operator.sluice(*START)
    begun_ten_minutes_ago()

    done = operator.sluice("experiment", "evaluate", "challenger=100", "champion=0")

    assert "with challenger 100 %, champion 0 %, over 600 answers (300 effective):" in done.out
    assert "doubly robust" in done.out
    as_json = operator.sluice("experiment", "evaluate", "challenger=100", "champion=0", "--json").json
    assert as_json["ips"]["estimate"] == pytest.approx(0.12)


def test_it_is_listed_with_its_history(operator: Operator) -> None:
    assert operator.sluice("experiment", "list").out == ""
    operator.sluice(*START, "--reason", "is it better?")

    assert newest().id in operator.sluice("experiment", "list").out
    assert "is it better?" in operator.sluice("experiment", "history").out
    assert operator.sluice("experiment", "list", "--json").json["experiments"][0]["id"] == newest().id
    assert operator.sluice("experiment", "history", "--json").json["entries"][0]["kind"] == "requested"


@pytest.mark.parametrize(
    ("words", "weights"),
    [
        ((), {"champion": 100, "challenger": 0}),
        (("--keep",), None),
        (("champion=80", "challenger=20"), {"champion": 80, "challenger": 20}),
    ],
    ids=["back", "keep", "given"],
)
def test_it_is_stopped(operator: Operator, words: tuple[str, ...], weights: dict[str, int] | None) -> None:
    operator.sluice(*START)

    done = operator.sluice("experiment", "stop", *words, "--reason", "enough")

    assert "ends it: the next look obeys" in done.out
    stop = newest().stop
    assert stop is not None
    assert (stop.weights, stop.reason) == (weights, "enough")


MISTAKES = {
    "no such variant": (("start", "champion=50", "challenger-2=50", "--goal", "g"), "has the variants"),
    "no percent": (("start", "champion=half", "--goal", "g"), "weights are written once each"),
    "sum": (("start", "champion=50", "challenger=5", "--goal", "g"), "must sum to 100"),
    "alone": (("start", "champion=100", "--goal", "g"), "two variants or more"),
    "cap": (("start", "champion=50", "challenger=50", "--goal", "g", "--cap", "5"), "its cap is 1"),
    "none": (("status",), "there has been no experiment"),
    "no such": (("status", "--id", "x"), "there is no experiment x"),
    "nothing to stop": (("stop",), "there has been no experiment"),
    "both": (("stop", "--keep", "champion=100"), "either --keep or"),
    "shares of a list": (("start", "champion=50", "challenger=50", "--interleave", "--goal", "g"), "have no shares"),
    "one ranker twice": (("start", "champion", "champion", "--interleave", "--goal", "g"), "got champion"),
    "two modes": (("start", "champion", "challenger", "--interleave", "--bandit", "--goal", "g"), "either --bandit or"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_one_line(operator: Operator, mistake: str) -> None:
    words, says = MISTAKES[mistake]

    assert says in operator.sluice("experiment", *words).mistake


def test_what_is_under_way_refuses_a_second_one(operator: Operator) -> None:
    operator.sluice(*START)

    assert "stop it first" in operator.sluice(*START).mistake
    assert "no outcome of experiment" in operator.sluice("experiment", "evaluate", "champion=100").mistake
