from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sluice.domain.errors import InvalidExperiment
from sluice.domain.experiment.batch import Batch
from sluice.domain.experiment.experiment import Mode, Phase
from sluice.domain.experiment.run import Run, Stop
from sluice.domain.experiment.steer import Step, steer
from sluice.domain.experiment.thompson import Belief
from sluice.domain.rollout.decision import EntryKind
from sluice.domain.rollout.observed import Alarm, Observed
from sluice.domain.routing import Interleaving
from tests.builders import a_routing
from tests.experiment_builders import (
    HALF,
    ID,
    T0,
    VERSIONS,
    a_bandit,
    a_duel,
    a_run,
    an_experiment,
    minutes,
    pending,
)

ALONE = {"champion": 100, "challenger": 0}
OURS = f"experiment:{ID}"


def seen(
    table: Mapping[str, int] = HALF,
    endpoint: Mapping[str, float] | None = None,
    *,
    in_effect: bool = True,
    changing: bool = False,
    alarms: tuple[Alarm, ...] = (),
    **routing: Any,
) -> Observed:
    """The routing table in its first revision, ours, and the endpoint by the same weights."""
    usual: dict[str, Any] = {"weights": table, "versions": VERSIONS, "revision": 1, "author": OURS, "salt": ID}
    written = replace(a_routing(champion=50, challenger=50), **{**usual, **routing})
    weights = dict(table if endpoint is None else endpoint)
    return Observed("InService", changing, None, {}, weights, in_effect, True, written, alarms)


DEPLOYED = seen(ALONE, revision=0, author="deploy", salt="flights")


def look(run: Run, observed: Observed, now: datetime = T0, batch: Batch | None = None) -> Step:
    return steer(run, observed, batch, now=now)


def wishes_nothing(step: Step, run: Run) -> bool:
    return step == Step(run) and step.run is run


def test_what_was_asked_for_gets_its_weights_and_its_salt() -> None:
    step = look(pending(), DEPLOYED)

    assert step.table is not None
    assert (step.table.weights, step.table.salt, step.table.author, step.table.revision) == (HALF, ID, OURS, 1)
    assert step.weights == HALF
    assert step.entry is None


def test_slots_that_take_no_part_get_nothing() -> None:
    three = {**ALONE, "challenger-2": 0}
    versions = {**VERSIONS, "challenger-2": "3"}

    step = look(pending(), seen(three, versions=versions, author="deploy", revision=0))

    assert step.table is not None
    assert step.table.weights == {**HALF, "challenger-2": 0}
    assert step.weights == {**HALF, "challenger-2": 0}


def test_it_runs_once_its_weights_are_in_effect_and_not_before() -> None:
    asked = pending()
    assert wishes_nothing(look(asked, seen(in_effect=False)), asked)

    step = look(asked, seen(revision=4), minutes(1))

    assert step.run.experiment.phase is Phase.RUNNING
    assert step.run.experiment.started_at == minutes(1)
    assert step.entry is not None
    assert step.entry.kind is EntryKind.STARTED
    assert step.entry.details == {"weights": HALF, "revision": 4}


def test_an_endpoint_that_lags_behind_is_asked_alone() -> None:
    assert look(pending(), seen(endpoint=ALONE)) == Step(pending(), weights=HALF)


def test_nothing_is_done_about_an_experiment_that_goes_as_wanted() -> None:
    run = a_run()

    assert wishes_nothing(look(run, seen(), minutes(60)), run)


def test_nothing_is_done_about_one_that_is_over() -> None:
    over = a_run(experiment=an_experiment(phase=Phase.STOPPED))

    assert wishes_nothing(look(over, seen(ALONE, author="bob")), over)


BY_HAND = {
    "table": (seen(ALONE, author="bob"), "bob set the routing table to champion 100, challenger 0"),
    "rollout": (seen(ALONE, author="rollout:x"), "rollout:x set the routing table"),
    "nobody": (seen(ALONE, author=""), "somebody set the routing table"),
    "endpoint": (seen(endpoint={"champion": 9, "challenger": 1}), "somebody set the endpoint's weights to"),
    "version": (seen(versions={"champion": "1", "challenger": "9"}), "holds version 9 instead of version 2"),
    "slot": (
        seen({"champion": 100}, versions={"champion": "1"}),
        "the slot challenger holds nothing instead of version 2",
    ),
    "endpoint's slot": (seen(endpoint={"champion": 50}), "the endpoint has no slot challenger any more"),
}


@pytest.mark.parametrize("changed", BY_HAND)
def test_what_somebody_else_changed_holds_it_and_stays(changed: str) -> None:
    observed, says = BY_HAND[changed]

    step = look(a_run(), observed, minutes(5))

    assert step.run.experiment.phase is Phase.HELD
    assert step.entry is not None
    assert (step.entry.kind, step.table, step.weights) == (EntryKind.HELD, None, None)
    assert says in step.run.reason


def test_before_it_began_it_is_over_then() -> None:
    step = look(pending(before=HALF), seen({"champion": 90, "challenger": 10}, author="bob"))

    assert step.run.experiment.phase is Phase.STOPPED
    assert step.run.ended_at == T0


def test_held_it_touches_nothing_until_a_person_stops_it_and_then_leaves_the_traffic_as_they_set_it() -> None:
    held = a_run(experiment=an_experiment(phase=Phase.HELD))
    by_bob = seen({"champion": 80, "challenger": 20}, author="bob")
    assert wishes_nothing(look(held, by_bob), held)

    step = look(replace(held, stop=Stop("ada", "", ALONE)), by_bob)

    assert step.run.experiment.phase is Phase.STOPPED
    assert (step.table, step.weights) == (None, None)
    assert step.run.reason.startswith("stopped; the traffic stays: bob set the routing table")


@pytest.mark.parametrize("observed", [seen(endpoint=ALONE, in_effect=False), seen(ALONE, author="deploy")])
def test_a_change_of_its_own_that_is_half_done_is_nobodys(observed: Observed) -> None:
    half_done = a_run(settled=False, before=ALONE)

    step = look(half_done, observed)

    assert step.run.experiment.phase is Phase.RUNNING
    assert step.weights == HALF


def test_an_endpoint_that_is_changing_says_nothing_about_hands() -> None:
    run = a_run()

    step = look(run, seen(endpoint={"champion": 1}, changing=True, in_effect=False))

    assert step.run is run


def test_a_deploy_that_writes_the_same_weights_again_is_noted_with_its_revision() -> None:
    step = look(a_run(), seen(author="deploy", revision=2))

    assert step.run.experiment.phase is Phase.RUNNING
    assert step.entry is not None
    assert step.entry.details == {"weights": HALF, "revision": 2}
    assert "written anew by deploy" in step.entry.reason


def test_who_stops_it_gets_the_traffic_they_want_before_it_is_over() -> None:
    stopping = a_run(stop=Stop("ada", "seen enough", ALONE))

    turned = look(stopping, seen(), minutes(1))
    assert turned.table is not None
    assert (turned.table.weights, turned.weights) == (ALONE, ALONE)
    assert turned.entry is not None
    assert (turned.entry.actor, turned.entry.kind) == ("ada", EntryKind.SHIFTED)

    waiting = look(turned.run, seen(ALONE, revision=2, in_effect=False), minutes(1))
    assert waiting.run is turned.run
    settled = look(turned.run, seen(ALONE, revision=2), minutes(2))
    assert settled.entry is None
    assert settled.run.settled_at == minutes(2)

    over = look(settled.run, seen(ALONE, revision=2), minutes(3))
    assert over.run.experiment.phase is Phase.STOPPED
    assert over.run.reason == "seen enough; the traffic: champion 100, challenger 0"
    assert over.run.mature_until(minutes(500)) == minutes(3)


def test_one_that_is_stopped_before_it_began_never_runs() -> None:
    stopping = pending(stop=Stop("ada", "a mistake", HALF))

    settled = look(stopping, seen(), minutes(1))
    assert settled.run.experiment.phase is Phase.PENDING

    assert look(settled.run, seen(), minutes(2)).run.experiment.phase is Phase.STOPPED


def test_the_traffic_may_stay_as_it_is() -> None:
    step = look(a_run(stop=Stop("ada", "", None)), seen())

    assert step.run.experiment.phase is Phase.STOPPED
    assert (step.table, step.run.reason) == (None, "stopped; the traffic stays: champion 50, challenger 50")


def test_the_alarm_of_a_treatment_gives_all_traffic_back_and_ends_it() -> None:
    alarm = Alarm("slot-challenger", "challenger", "5 % errors")

    step = look(a_run(), seen(alarms=(alarm,)))

    assert step.table is not None
    assert step.table.weights == ALONE
    assert step.run.stop == Stop("slot-challenger", "alarm slot-challenger rings: 5 % errors", ALONE)
    assert step.entry is not None
    assert (step.entry.kind, step.entry.actor) == (EntryKind.ABORTED, "slot-challenger")


def test_the_champions_alarm_ends_nothing() -> None:
    run = a_run()

    assert wishes_nothing(look(run, seen(alarms=(Alarm("slot-champion", "champion", "slow"),))), run)


def test_the_alarm_of_one_that_is_stopped_already_changes_nothing() -> None:
    stopping = a_run(stop=Stop("ada", "", HALF))

    assert look(stopping, seen(alarms=(Alarm("a", "challenger", "slow"),))).run.decided_by == "ada"


def test_at_its_horizon_a_person_decides_and_the_traffic_stays() -> None:
    step = look(a_run(), seen(), T0 + timedelta(days=14))

    assert step.run.experiment.phase is Phase.HELD
    assert "14 days have passed" in step.run.reason
    assert wishes_nothing(look(step.run, seen(), T0 + timedelta(days=15)), step.run)


def a_batch(champion: float, challenger: float) -> Batch:
    beliefs = {"champion": Belief(100, champion, champion), "challenger": Belief(100, challenger, challenger)}
    return Batch(beliefs, minutes(10))


def test_a_bandit_shifts_to_what_earns_more_and_says_what_it_drew_from() -> None:
    step = look(a_bandit(), seen(), minutes(20), a_batch(10, 60))

    assert step.run.weights == {"champion": 5, "challenger": 95}
    assert step.table is not None
    assert step.table.weights == step.run.weights
    assert step.run.counted_until == minutes(10)
    assert step.entry is not None
    details = step.entry.details
    assert (details["seed"], details["revision"], details["batch"]) == (f"{ID}#1", 2, 1)
    assert details["propensities"] == {"champion": 0.05, "challenger": 0.95}
    assert "challenger 0.6 of 100" in step.run.reason


def test_the_same_beliefs_are_drawn_the_same_way() -> None:
    steps = [look(a_bandit(), seen(), minutes(20), a_batch(30, 33)) for _ in range(2)]

    assert steps[0] == steps[1]


def test_weights_that_stay_need_no_new_table() -> None:
    first = look(a_bandit(), seen(), minutes(20), a_batch(10, 60)).run
    there = seen(first.weights, revision=2)
    settled = look(first, there, minutes(21)).run

    step = look(settled, there, minutes(30), a_batch(10, 60))

    assert step.run.weights == first.weights
    assert (step.table, step.weights, step.run.batch) == (None, None, 2)
    assert step.run.settled_at == settled.settled_at


def test_a_batch_without_outcomes_teaches_nothing() -> None:
    run = a_bandit()

    assert wishes_nothing(look(run, seen(), minutes(20), Batch({"champion": Belief()}, minutes(10))), run)


@pytest.mark.parametrize(
    ("run", "now", "span"),
    [
        (a_bandit(), 4, None),
        (a_bandit(), 25, (0, 15)),
        (replace(a_bandit(), counted_until=minutes(10)), 25, (10, 15)),
        (replace(a_bandit(), batched_at=minutes(24)), 25, None),
        (replace(a_bandit(), settled_at=None), 25, None),
        (replace(a_bandit(), stop=Stop("ada", "", None)), 25, None),
        (a_run(), 25, None),
        (a_run(experiment=an_experiment(phase=Phase.HELD, mode=Mode.BANDIT)), 25, None),
    ],
    ids=["early", "first", "next", "just batched", "not in effect", "ending", "no bandit", "held"],
)
def test_a_bandit_learns_from_what_has_matured_since_its_last_batch(
    run: Run, now: float, span: tuple[float, float] | None
) -> None:
    assert run.next_batch(minutes(now)) == (span and (minutes(span[0]), minutes(span[1])))


@pytest.mark.parametrize(
    "run", [a_run(), pending(), replace(a_bandit(), beliefs={"champion": Belief(3, 1, 1)}, stop=Stop("a", "b", HALF))]
)
def test_a_record_is_read_back_as_it_was_written(run: Run) -> None:
    assert Run.from_dict(run.to_dict()) == run


def test_weights_that_would_stay_for_less_than_a_minute_are_refused() -> None:
    with pytest.raises(InvalidExperiment, match="a minute or more"):
        a_run(every_minutes=0.5)


BOTH = Interleaving("challenger")


def drafting(table: Mapping[str, int] = ALONE, **routing: Any) -> Observed:
    """As ``seen``, and lists are drafted."""
    return seen(table, **{"interleaving": BOTH, **routing})


def test_interleaving_leaves_the_champion_the_traffic_and_says_whose_lists_are_drafted() -> None:
    step = look(a_duel(settled=False), DEPLOYED)

    assert step.table is not None
    assert (step.table.weights, step.table.interleaving, step.table.salt) == (ALONE, BOTH, ID)
    assert (step.table.author, step.weights) == (OURS, None)


def test_interleaving_runs_once_the_table_says_so() -> None:
    step = look(a_duel(settled=False), drafting(revision=4))

    assert step.run.experiment.phase is Phase.RUNNING
    assert step.entry is not None
    assert step.entry.details == {"weights": ALONE, "revision": 4, "interleaving": "challenger"}
    assert step.entry.reason.endswith("lists are drafted from champion and challenger")
    running = a_duel()
    assert wishes_nothing(look(running, drafting(), minutes(60)), running)


@pytest.mark.parametrize(
    ("observed", "says"),
    [
        (seen(ALONE, author="by hand"), "by hand set the routing table to champion 100, challenger 0 and ended the"),
        (seen({"champion": 90, "challenger": 10}, author="by hand"), "champion 90, challenger 10 and ended the"),
        (seen(ALONE, author="rollout:x"), "rollout:x set the routing table to champion 100, challenger 0 and ended"),
    ],
    ids=["the same weights", "others", "release"],
)
def test_interleaving_that_somebody_ended_is_held_and_not_begun_again(observed: Observed, says: str) -> None:
    step = look(a_duel(), observed)

    assert step.run.experiment.phase is Phase.HELD
    assert says in step.run.reason
    assert wishes_nothing(look(step.run, observed), step.run)
    over = look(replace(step.run, stop=Stop("ada", "", ALONE)), observed)
    assert over.table is None or over.table.interleaving is None


def test_a_deploy_that_adds_a_variant_ends_no_interleaving() -> None:
    three, versions = {**ALONE, "challenger-2": 0}, {**VERSIONS, "challenger-2": "3"}

    step = look(a_duel(), drafting(three, endpoint=ALONE, author="deploy", revision=2, versions=versions))

    assert step.run.experiment.phase is Phase.RUNNING
    assert step.entry is not None
    assert step.entry.details["interleaving"] == "challenger"


STOPS = {"back": ALONE, "divided": {"champion": 80, "challenger": 20}}


@pytest.mark.parametrize("stop", STOPS)
def test_interleaving_ends_before_the_experiment_is_over(stop: str) -> None:
    stopping = a_duel(stop=Stop("ada", "seen enough", STOPS[stop]))

    turned = look(stopping, drafting(), minutes(1))
    assert turned.table is not None
    assert (turned.table.weights, turned.table.interleaving, turned.table.revision) == (STOPS[stop], None, 2)
    assert turned.entry is not None
    assert (turned.entry.actor, turned.entry.kind) == ("ada", EntryKind.SHIFTED)
    assert "interleaving" not in turned.entry.details
    after_a_crash = look(turned.run, drafting(), minutes(1))
    assert (after_a_crash.table, after_a_crash.entry) == (turned.table, None)

    there = seen(STOPS[stop], revision=2)
    settled = look(turned.run, there, minutes(2))
    assert settled.entry is None
    over = look(settled.run, there, minutes(3))
    assert over.run.experiment.phase is Phase.STOPPED


def test_interleaving_ends_although_the_traffic_is_to_stay() -> None:
    stopping = a_duel(stop=Stop("ada", "", None))

    first = look(stopping, drafting())
    assert (first.run is stopping, first.entry, first.weights) == (True, None, None)
    assert first.table is not None
    assert (first.table.interleaving, first.table.weights, first.table.revision) == (None, ALONE, 2)

    assert look(stopping, seen(ALONE, revision=2)).run.experiment.phase is Phase.STOPPED


@pytest.mark.parametrize(
    ("run", "observed"),
    [
        (a_duel(stop=Stop("ada", "", ALONE)), drafting(endpoint={"champion": 9, "challenger": 1})),
        (a_duel(settled=False), drafting(versions={"champion": "1", "challenger": "9"})),
    ],
    ids=["stopped when somebody else has the endpoint", "never began"],
)
def test_no_experiment_is_over_and_leaves_interleaving_behind(run: Run, observed: Observed) -> None:
    step = look(run, observed)

    assert step.run is run
    assert step.table is not None
    assert step.table == replace(observed.routing, interleaving=None, revision=2)
    assert look(run, replace(observed, routing=step.table)).run.experiment.phase is Phase.STOPPED


def test_the_alarm_of_a_ranker_that_has_no_traffic_ends_interleaving() -> None:
    alarm = Alarm("slot-challenger", "challenger", "5 % errors")

    step = look(a_duel(), drafting(alarms=(alarm,)))

    assert step.table is not None
    assert (step.table.weights, step.table.interleaving) == (ALONE, None)
    assert step.entry is not None
    assert (step.entry.kind, step.entry.details["revision"]) == (EntryKind.ABORTED, 2)
    assert step.run.stop == Stop("slot-challenger", "alarm slot-challenger rings: 5 % errors", ALONE)


def test_at_its_horizon_lists_are_drafted_until_a_person_decides() -> None:
    step = look(a_duel(), drafting(), T0 + timedelta(days=14))

    assert step.run.experiment.phase is Phase.HELD
    assert wishes_nothing(look(step.run, drafting(), T0 + timedelta(days=15)), step.run)
