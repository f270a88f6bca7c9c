from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from sluice.aws.item_store import ItemStore
from sluice.aws.state import RoutingStore
from sluice.domain.experiment.experiment import Phase
from sluice.domain.rollout.decision import Entry, EntryKind
from tests.builders import a_routing
from tests.experiment_builders import HALF, ID, T0, a_cell, earn, minutes
from tests.functional.api.control_running import CALLER, ControlApi
from tests.functional.api.running import Reply
from tests.functional.deployed import a_client, deploy

EXPERIMENT = f"flights/experiments/{ID}"
BODY = {"weights": HALF, "goal": {"name": "booked"}, "maturation_minutes": 10, "reason": "is it better?"}


@pytest.fixture
def api() -> Iterator[ControlApi]:
    """Two versions are in service; it is an hour after T0, and ids are made at T0."""
    with mock_aws():
        deploy()
        table = a_routing(revision=1, champion=100, challenger=0)
        RoutingStore(a_client("dynamodb"), table="state").put(table)
        yield ControlApi(T0)


def start(api: ControlApi, **body: Any) -> Reply:
    return api.ask("POST", "flights/experiments", {**BODY, **body})


def begin(api: ControlApi) -> None:
    """As the controller does, by the routing table's revision 2."""
    asked = api.experiments.get("flights", ID)
    assert asked is not None
    details = {"weights": HALF, "revision": 2}
    api.experiments.put(
        asked.entering(Phase.RUNNING, now=T0), Entry(EntryKind.STARTED, "controller", "in effect", T0, details)
    )


def an_hour_later() -> ControlApi:
    return ControlApi(minutes(60))


def put_rewards() -> None:
    items = ItemStore(a_client("dynamodb"), table="state", sleep=lambda _: None)
    for at in (5, 10):
        earn(items, a_cell("champion", revision=2, at=minutes(at)), exposures=150, rewards={1: 15})
        earn(items, a_cell("challenger", revision=2, at=minutes(at)), exposures=150, rewards={1: 18})


def test_an_experiment_is_asked_for_in_the_callers_name_and_looked_at_at_once(api: ControlApi) -> None:
    reply = start(api)

    assert reply.status == 201
    assert reply.headers["location"] == f"/admin/v1/models/{EXPERIMENT}"
    assert reply.json["requested_by"] == CALLER
    assert (reply.json["phase"], reply.json["weights"], reply.json["mode"]) == ("pending", HALF, "fixed")
    assert api.looks.models == ["flights"]
    listed = api.ask("GET", "flights/experiments").json["experiments"]
    assert [each["id"] for each in listed] == [ID]


def test_a_bandit_has_settings_of_its_own(api: ControlApi) -> None:
    reply = start(api, mode="bandit", floor_percent=20, discount=0.98, every_minutes=10)

    assert reply.json["mode"] == "bandit"
    run = api.experiments.get("flights", ID)
    assert run is not None
    assert (run.experiment.floor_percent, run.experiment.discount, run.every_minutes) == (20, 0.98, 10)


def test_rankers_are_interleaved_and_the_status_says_who_won(api: ControlApi) -> None:
    body = {"mode": "interleaving", "variants": ["champion", "challenger"], "goal": {"name": "clicked"}}
    reply = api.ask("POST", "flights/experiments", {**body, "maturation_minutes": 10})
    asked = api.experiments.get("flights", ID)
    assert asked is not None
    details = {"weights": asked.weights, "revision": 2, "interleaving": "challenger"}
    begun = asked.entering(Phase.RUNNING, now=T0)
    api.experiments.put(begun, Entry(EntryKind.STARTED, "controller", "in effect", T0, details))
    items = ItemStore(a_client("dynamodb"), table="state", sleep=lambda _: None)
    rewards = {1: 4, 0: 2, 0.5: 3}
    earn(items, a_cell("champion", revision=2, at=minutes(5)), exposures=20, rewards=rewards, name="clicked:draft")

    found = an_hour_later().ask("GET", EXPERIMENT).json
    refused = an_hour_later().ask("POST", f"{EXPERIMENT}:evaluate", {"policy": HALF})

    assert (reply.status, reply.json["mode"], reply.json["weights"]) == (
        201,
        "interleaving",
        {"champion": 100, "challenger": 0},
    )
    assert found["duels"] == {"lists": 20, "treatment": 4, "control": 2, "ties": 3}
    assert (found["arms"], found["verdict"]) == ({}, "keep_going")
    assert "won 4 of 6 decided lists" in found["sentence"]
    assert refused.problem == "experiment-refused"


def test_its_status_is_a_verdict_with_the_numbers_behind_it(api: ControlApi) -> None:
    start(api)
    begin(api)
    put_rewards()

    found = an_hour_later().ask("GET", EXPERIMENT).json

    assert (found["verdict"], found["duels"]) == ("keep_going", None)
    assert found["arms"]["challenger"] == {"predictions": 300, "outcomes": 300, "mean": 0.12}
    (comparison,) = found["comparisons"]
    assert comparison["low"] < comparison["estimate"] < comparison["high"]
    assert found["counted_until"] == "2026-11-22T11:05:00Z"


def test_before_anything_has_matured_there_is_no_interval(api: ControlApi) -> None:
    start(api)

    (comparison,) = api.ask("GET", EXPERIMENT).json["comparisons"]

    assert (comparison["estimate"], comparison["verdict"]) == (None, "keep_going")


def test_it_is_stopped_in_the_callers_name(api: ControlApi) -> None:
    start(api)

    reply = api.ask("POST", f"{EXPERIMENT}:stop", {"reason": "enough", "weights": {"champion": 90, "challenger": 10}})

    assert (reply.status, reply.json["stop_asked_by"]) == (200, CALLER)
    assert api.looks.models == ["flights", "flights"]
    entries = api.ask("GET", f"{EXPERIMENT}/audit").json["entries"]
    assert [entry["kind"] for entry in entries] == ["requested", "commanded"]
    assert entries[1]["details"]["weights"] == {"champion": 90, "challenger": 10}


@pytest.mark.parametrize(("body", "weights"), [({}, {"champion": 100, "challenger": 0}), ({"keep": True}, None)])
def test_unless_told_otherwise_the_champion_gets_the_traffic(
    api: ControlApi, body: dict[str, bool], weights: dict[str, int] | None
) -> None:
    start(api)

    api.ask("POST", f"{EXPERIMENT}:stop", body)

    run = api.experiments.get("flights", ID)
    assert run is not None
    assert run.stop is not None
    assert run.stop.weights == weights


def test_other_weights_are_valued(api: ControlApi) -> None:
    start(api)
    begin(api)
    put_rewards()

    found = an_hour_later().ask("POST", f"{EXPERIMENT}:evaluate", {"policy": {"champion": 0, "challenger": 100}}).json

    assert found["ips"]["estimate"] == pytest.approx(0.12)
    assert found["doubly_robust"]["estimate"] == pytest.approx(0.12)
    assert found["answers"] == 600


REFUSALS = {
    "no goal": ("", {"weights": HALF}, 422, "invalid-request"),
    "no percents": ("", {**BODY, "weights": {"champion": 50.5}}, 422, "invalid-request"),
    "unknown": ("", {**BODY, "surprise": 1}, 422, "invalid-request"),
    "no such mode": ("", {**BODY, "mode": "shadow"}, 422, "invalid-request"),
    "interleaving": ("", {**BODY, "mode": "interleaving"}, 422, "invalid-experiment"),
    "no variants": ("", {"goal": {"name": "booked"}}, 422, "invalid-experiment"),
    "sum": ("", {**BODY, "weights": {"champion": 50, "challenger": 20}}, 422, "invalid-experiment"),
    "no such slot": ("", {**BODY, "weights": {"champion": 50, "challenger-2": 50}}, 422, "invalid-experiment"),
    "second": ("", BODY, 409, "experiment-refused"),
    "not found": ("/x:stop", {}, 404, "experiment-not-found"),
    "both": (f"/{ID}:stop", {"keep": True, "weights": HALF}, 422, "invalid-request"),
    "stop": (f"/{ID}:stop", {"weights": {"champion": 9}}, 422, "invalid-weights"),
    "nothing yet": (f"/{ID}:evaluate", {"policy": HALF}, 409, "nothing-to-estimate"),
    "policy": (f"/{ID}:evaluate", {"policy": {"champion": 9}}, 422, "invalid-weights"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_done_is_a_problem_that_says_what_to_do(api: ControlApi, case: str) -> None:
    path, body, status, name = REFUSALS[case]
    start(api)

    reply = api.ask("POST", f"flights/experiments{path}", body)

    assert (reply.status, reply.json["type"]) == (status, f"urn:sluice:problem:{name}")
    assert reply.json["remedy"]


def test_only_callers_with_credentials_are_answered(api: ControlApi) -> None:
    assert api.ask("GET", "flights/experiments", authorizer=None).status == 403
    assert api.ask("GET", "boats/experiments").status == 404
