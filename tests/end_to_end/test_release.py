"""New versions of flights, released as a person would while users keep asking: a good one, two bad ones, an alarm.

Each test takes whatever champion it finds: they can run in any order. A minute of this cloud is two seconds.
"""

import random
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from examples.flights.stream import LiveFlight, live_flights
from examples.flights.traffic import Seen, Traffic
from sluice.cli.target import Target, TargetName
from sluice.settings.access import Access
from tests.end_to_end.admin_api import AdminApi
from tests.end_to_end.deployments import Deployment, until
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import ask_for, variants

pytestmark = pytest.mark.timeout(900)
USERS = 4
PATIENCE_SECONDS = 600  # two minutes on a machine that does nothing else
ROLLOUT = "/rollouts/{rollout_id}"
BY_HALVES = """
stages: [{canary: {percents: [50], minutes: 60}}]
bake: {minutes: 0}
"""
# Long enough for evidence on a machine that is busy with other things; evidence against a version ends it at once.
SOME_USERS = """
stages: [{canary: {percents: [10], minutes: 60}}]
"""
ALIKE = """
stages: [{shadow: {minutes: 30, min_agreement: 0.9}}, {canary: {percents: [10], minutes: 60}}]
"""
NEARLY_ALIKE = """
stages: [{shadow: {minutes: 1, min_agreement: 0.6}}, approval]
"""
NO_USERS = """
stages: [{shadow: {minutes: 30}}, {canary: {percents: [10], minutes: 60}}]
evidence: {floor_rates: {errors: 0.01}}
"""


@pytest.fixture(scope="module")
def flights() -> list[LiveFlight]:
    """In no order: what goes wrong in the evening is to be met by those who ask for a few hundred."""
    flights = list(islice(live_flights(), 20_000))
    random.Random(3).shuffle(flights)  # noqa: S311  a seed, no secret
    return flights


@pytest.fixture(scope="module")
def api(releasing: Deployment) -> AdminApi:
    """For what is asked again and again: a process each time would take from the machine what the controller needs."""
    return AdminApi(releasing)


@pytest.fixture
def traffic(releasing: Deployment, flights: list[LiveFlight]) -> Iterator[Traffic]:
    target = Target(TargetName.LOCAL, releasing.api_url, table="", environment=releasing.environment)
    with Traffic(iter(flights), target, Access(), users=USERS) as traffic:
        yield traffic


def approve(releasing: Deployment, api: AdminApi, version: str) -> str:
    """Register and approve a version of the example; return the id of its rollout, which that started."""
    package = releasing.json("register", f"build/flights/v{version}")
    releasing.run("sluice", "models", "approve", str(package["number"]), "--reason", "good on the holdout")

    def started() -> Any:
        return next((each for each in api.get("/rollouts")["rollouts"] if each["requested_by"] == package["arn"]), None)

    return str(until(started, seconds=30, what=f"a rollout of version {version}", every=1)["id"])


def start(releasing: Deployment, version: str, plan: str) -> str:
    """Start a rollout of a version of the example by a plan; return its id."""
    (releasing.folder / "plan.yaml").write_text(plan, encoding="utf-8")
    started = releasing.json(
        "rollout", "start", f"build/flights/v{version}", "--plan", "plan.yaml", "--reason", "a try"
    )
    return str(started["id"])


def over(api: AdminApi, rollout: str) -> Any:
    """The rollout when it is over; fails with its audit when it will not end."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = api.get(ROLLOUT, rollout_id=rollout)
        if found["phase"] in {"succeeded", "aborted"}:
            return found
        time.sleep(1)
    story = "\n".join(f"{entry['at']} {entry['kind']}: {entry['reason']}" for entry in audit_of(api, rollout))
    raise AssertionError(f"rollout {rollout} is not over after {PATIENCE_SECONDS} s:\n{story}")


def audit_of(api: AdminApi, rollout: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = api.get(f"{ROLLOUT}/audit", rollout_id=rollout)["entries"]
    return entries


def explained(releasing: Deployment, rollout: str) -> str:
    return releasing.run("sluice", "rollout", "explain", "--id", rollout).stdout


def champion(api: AdminApi) -> str:
    return str(api.get("/routing")["versions"]["champion"])


def assert_users_noticed_nothing(seen: Seen) -> None:
    assert seen.questions > 100
    assert (dict(seen.failures), seen.nonsense) == ({}, 0)


def test_a_good_version_is_shadowed_given_growing_shares_and_promoted_on_evidence(
    releasing: Deployment, api: AdminApi, traffic: Traffic
) -> None:
    ended = over(api, approve(releasing, api, "2"))

    audit = audit_of(api, ended["id"])
    assert (ended["phase"], champion(api)) == ("succeeded", "2"), ended["reason"]
    assert [entry["kind"] for entry in audit].count("shifted") >= 4
    (promoted,) = [entry for entry in audit if entry["kind"] == "promoted"]
    assert promoted["actor"] == "controller"
    assert "errors: 0 of" in promoted["reason"]
    assert_users_noticed_nothing(traffic.take())


def test_a_version_of_wrong_scaling_is_aborted_while_users_get_the_champions_answers(
    releasing: Deployment, api: AdminApi, traffic: Traffic
) -> None:
    before = champion(api)

    ended = over(api, start(releasing, "3", SOME_USERS))

    seen = traffic.take()
    assert (ended["phase"], champion(api)) == ("aborted", before)
    assert_users_noticed_nothing(seen)
    assert seen.fallbacks > 0
    assert "3" not in seen.versions
    (incident,) = [each for each in api.get("/incidents")["incidents"] if each["rollout_id"] == ended["id"]]
    assert "version 3 is taken back" in incident["title"]
    # Evidence and the alarm look at the same answers: whichever speaks first.
    assert any(
        why in explained(releasing, ended["id"]) for why in ("breaches: ", "sluice-flights-challenger-guardrails")
    )
    assert incident["replay"] == f"sluice incident replay {incident['id']} --model flights"
    seen_again = releasing.json("incident", "replay", incident["id"])
    assert seen_again["candidate"]["version"] == "3"
    assert sum(seen_again["requests"].values()) == len(incident["prediction_ids"]) > 0


def test_a_version_that_fails_for_one_flight_in_twenty_is_aborted_by_evidence_before_anybody_meets_it(
    releasing: Deployment, api: AdminApi, traffic: Traffic
) -> None:
    before = champion(api)

    ended = over(api, start(releasing, "4", NO_USERS))

    seen = traffic.take()
    assert (ended["phase"], champion(api)) == ("aborted", before)
    assert_users_noticed_nothing(seen)
    assert "4" not in seen.versions  # the shadow's answers are seen by nobody
    assert "errors: " in explained(releasing, ended["id"])


def test_a_shadow_whose_answers_differ_is_taken_back_by_what_was_captured_of_both(
    releasing: Deployment, api: AdminApi, traffic: Traffic
) -> None:
    before = champion(api)

    ended = over(api, start(releasing, "3", ALIKE))

    seen, shadow = traffic.take(), ended["shadow"]
    assert (ended["phase"], champion(api)) == ("aborted", before)
    assert_users_noticed_nothing(seen)
    assert "3" not in seen.versions
    assert shadow["checked"] >= shadow["breaches"] > shadow["champions_breaches"] == 0
    assert shadow["agreement"] < 0.9
    told = explained(releasing, ended["id"])
    assert any(why in told for why in ("breaches: ", "agreement: "))
    assert "The shadow's answers agree with the champion's in" in told
    (incident,) = [each for each in api.get("/incidents")["incidents"] if each["rollout_id"] == ended["id"]]
    assert incident["variant"] == "shadow"
    seen_again = releasing.json("incident", "replay", incident["id"])
    assert sum(seen_again["requests"].values()) == len(incident["prediction_ids"]) > 0


def test_a_shadow_that_agrees_goes_on_by_what_was_captured_of_both(
    releasing: Deployment, api: AdminApi, traffic: Traffic
) -> None:
    started = start(releasing, "1" if champion(api) == "2" else "2", NEARLY_ALIKE)

    def is_to_be_approved() -> bool:
        return bool(api.get(ROLLOUT, rollout_id=started)["stage"] == 1)

    until(is_to_be_approved, seconds=PATIENCE_SECONDS, what="an approval", every=1)
    releasing.run("sluice", "rollout", "abort", "--reason", "only a try")
    ended = over(api, started)

    (shifted,) = [entry for entry in audit_of(api, started) if "on to the approval" in entry["reason"]]
    assert "more than the 60.00% asked for" in shifted["reason"]
    assert ended["shadow"]["requests"] >= 100
    assert ended["shadow"]["agreement"] > 0.6
    assert ended["shadow"]["champions_breaches"] == 0
    assert_users_noticed_nothing(traffic.take())


def test_hands_stop_a_rollout_and_an_alarm_takes_all_its_traffic_away(releasing: Deployment, api: AdminApi) -> None:
    started = start(releasing, "1" if champion(api) == "2" else "2", BY_HALVES)

    def is_at(*, phase: str = "progressing", challenger: int = 50) -> bool:
        found = api.get(ROLLOUT, rollout_id=started)
        is_there = found["is_settled"] or phase == "paused"
        return bool(is_there and found["phase"] == phase and found["weights"].get("challenger") == challenger)

    until(is_at, seconds=120, what="a half", every=1)
    releasing.run("sluice", "weights", "champion=80", "challenger=20")
    until(lambda: is_at(phase="paused"), seconds=60, what="the hold", every=1)
    assert "champion 80" in explained(releasing, started)
    assert api.get("/routing")["weights"] == {"champion": 80, "challenger": 20}  # nobody put it back

    releasing.run("sluice", "rollout", "resume", "--reason", "it was only a try", "--wait")
    until(is_at, seconds=120, what="the half again", every=1)
    alarm = {"AlarmName": "sluice-flights-challenger-errors", "StateValue": "ALARM", "StateReason": "a test"}
    cloudwatch = client(releasing, "cloudwatch")

    def rings() -> bool:
        """Again and again, as it would while something is wrong: its next evaluation finds that nothing is."""
        cloudwatch.set_alarm_state(**alarm)
        return bool(api.get(ROLLOUT, rollout_id=started)["phase"] == "aborted")

    until(rings, seconds=PATIENCE_SECONDS, what="an abort", every=1)
    ended = over(api, started)

    assert ended["phase"] == "aborted"
    assert any(entry["actor"].startswith("sluice-flights-challenger") for entry in audit_of(api, started))
    assert set(variants(ask_for(releasing, [f"unit-{number}" for number in range(20)]))) == {"champion"}
