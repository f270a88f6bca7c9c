"""Lists that two rankers drafted, from the click to the count, in whatever order captured files and clicks arrive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from sluice.aws.item_store import ItemStore
from sluice.aws.rewards import Rewards
from sluice.domain.draft import counted_as
from sluice.domain.experiment.counted import drafted
from sluice.domain.experiment.interleaving import Duels
from sluice.domain.feedback.totals import Totals
from sluice.domain.routing import Interleaving
from tests.builders import a_routing
from tests.functional.feedback.functions import BREACH, BROKEN, Functions, deployed
from tests.loopback_server import Reply

BOTH = replace(a_routing(champion=100, challenger=0), interleaving=Interleaving("challenger"))
LIST = Reply(200, b'{"predictions":[0.5,0.4]}', {"Content-Type": "application/json"})
BREACHED = Reply(200, BREACH, {"Content-Type": "application/json"})


def lists_of(functions: Functions, goal: str = "clicked") -> Totals:
    """What an experiment by the routing table's revision counts."""
    rewards = Rewards(ItemStore(functions.dynamodb, table="state", sleep=lambda _: None))
    now, day = datetime.now(UTC), timedelta(days=1)
    cells = rewards.cells("flights", counted_as(goal), start=now - day, end=now + day)
    return drafted(cells, revisions={BOTH.revision}, versions=BOTH.versions)


def say(functions: Functions, list_: dict[str, Any], clicked: list[int]) -> tuple[int, Any]:
    form = {"prediction_id": list_["id"], "name": "clicked", "draft": list_["draft"], "clicked": clicked}
    return functions.say(form)


@pytest.mark.parametrize("order", list(permutations(("champion", "challenger", "click"))), ids="-".join)
def test_a_click_is_counted_once_whatever_comes_first(order: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(BOTH, monkeypatch, LIST) as functions:
        list_ = functions.rank()
        won = list_["draft"].index("T")
        for step in (*order, *order):
            if step == "click":
                assert say(functions, list_, [won])[0] == 202
            else:
                functions.capture_of(step)

        lists = lists_of(functions)

    assert list_["variant"] == "champion,challenger"
    assert lists == Totals(exposures=1, n=1, total=1.0, total_sq=1.0)


def test_lists_are_won_lost_and_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(BOTH, monkeypatch, LIST) as functions:
        for team in ("T", "T", "C", ""):
            list_ = functions.rank()
            say(functions, list_, [list_["draft"].index(team)] if team else [])
        functions.rank()
        functions.capture()

        lists = lists_of(functions)

    assert Duels.of(lists) == Duels(treatment=2, control=1, ties=1)
    assert lists.exposures == 5


def test_the_same_clicks_again_change_nothing_and_others_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(BOTH, monkeypatch, LIST) as functions:
        list_ = functions.rank()
        functions.capture()
        treatment, control = list_["draft"].index("T"), list_["draft"].index("C")

        first, again = say(functions, list_, [treatment]), say(functions, list_, [treatment])
        status, problem = say(functions, list_, [control])

    assert (first[1]["status"], first[1]["name"]) == ("joined", "clicked:draft")
    assert again[1]["status"] == "duplicate"
    assert (status, problem["type"]) == (409, "urn:sluice:problem:conflicting-feedback")


def test_in_a_batch_a_bad_draft_loses_no_good_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(BOTH, monkeypatch, LIST) as functions:
        list_ = functions.rank()
        functions.capture()
        good = {"prediction_id": list_["id"], "draft": list_["draft"], "clicked": [0]}

        _, answer = functions.say({"feedback": [{**good, "clicked": [99]}, good]})

    refused, taken = answer["feedback"]
    assert refused["problem"]["violations"][0]["where"] == "feedback[0].clicked"
    assert taken["status"] == "joined"


def test_plain_rewards_of_the_goal_are_no_wins_and_stay_with_the_champion(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(BOTH, monkeypatch, LIST) as functions:
        list_ = functions.rank()
        functions.capture()
        functions.say({"prediction_id": list_["id"], "name": "clicked", "reward": 1})

        lists, totals = lists_of(functions), functions.totals("clicked")

    assert (lists.exposures, lists.n) == (1, 0)
    assert {who: each for who, each in totals.items() if each.n} == {
        ("champion", "1"): Totals(exposures=1, n=1, total=1.0, total_sq=1.0)
    }


def test_predictions_of_the_same_time_are_no_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(BOTH, monkeypatch) as functions:
        functions.predict()
        functions.capture()

        assert lists_of(functions) == Totals()


@pytest.mark.parametrize("answer", [BROKEN, BREACHED], ids=["failed", "breached"])
def test_a_list_of_the_champion_alone_is_rewarded_to_the_champion(
    answer: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    with deployed(BOTH, monkeypatch, LIST) as functions:
        functions.always["challenger"] = answer
        list_ = functions.rank()
        functions.capture()
        functions.say({"prediction_id": list_["id"], "reward": 1})

        totals = functions.totals()

    assert list_["fallback"] == "challenger"
    assert "draft" not in list_
    assert [who for who, each in totals.items() if each.n] == [("champion", "1")]
