import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.watch import Accepted, Drifting, Seen, Watch, accept, look
from tests.feedback_builders import T0
from tests.monitoring_builders import HOUR, hour

NEW = Watch("flights", "1", "champion", T0, Verdict.INCONCLUSIVE, "", 0)
QUIET = Seen(Verdict.PASS, "nothing", 100, passed=frozenset({"temp", "delay"}))
ACCEPTED = Accepted("ann", "summer", T0, hour(8), 100, "AQ==")


def drifting(feature: str = "temp", since: int = 9) -> Drifting:
    return Drifting(feature, "input", "location", f"{feature} moved", 0.5, hour(since))


def saw(*features: Drifting, passed: str = "") -> Seen:
    return Seen(Verdict.FAIL, "drift", 100, features, frozenset(passed.split()))


def test_a_drift_is_news_once() -> None:
    first = look(NEW, saw(drifting()), slot="champion", now=T0)
    second = look(first.watch, saw(drifting(since=7)), slot="champion", now=T0 + HOUR)

    assert [each.feature for each in first.begun] == ["temp"]
    assert second.begun == ()
    assert second.watch.verdict is Verdict.FAIL


def test_a_drift_is_known_since_it_was_first_seen() -> None:
    first = look(NEW, saw(drifting(since=9)), slot="champion", now=T0)
    later = look(first.watch, saw(drifting(since=12)), slot="champion", now=T0 + 4 * HOUR)

    assert [each.since for each in later.watch.drifting] == [hour(9)]


def test_what_passes_is_over_and_may_be_news_again() -> None:
    first = look(NEW, saw(drifting()), slot="champion", now=T0)
    over = look(first.watch, QUIET, slot="champion", now=T0)
    again = look(over.watch, saw(drifting()), slot="champion", now=T0)

    assert (over.ended, over.watch.drifting, over.watch.verdict) == (("temp",), (), Verdict.PASS)
    assert [each.feature for each in again.begun] == ["temp"]


def test_missing_data_ends_no_drift() -> None:
    first = look(NEW, saw(drifting()), slot="champion", now=T0)
    unseen = look(first.watch, Seen(Verdict.INCONCLUSIVE, "no rows", 0), slot="champion", now=T0)

    assert (unseen.ended, unseen.watch.verdict) == ((), Verdict.FAIL)
    assert [each.feature for each in unseen.watch.drifting] == ["temp"]


def test_missing_data_is_no_health() -> None:
    found = look(NEW, Seen(Verdict.INCONCLUSIVE, "no rows", 0), slot="challenger", now=T0)

    assert (found.watch.verdict, found.watch.slot, found.watch.reason) == (
        Verdict.INCONCLUSIVE,
        "challenger",
        "no rows",
    )


def test_accepted_is_neither_drifting_nor_judged_yet() -> None:
    first = look(NEW, saw(drifting()), slot="champion", now=T0)

    accepted = accept(first.watch, ACCEPTED)

    assert (accepted.drifting, accepted.verdict, accepted.accepted) == ((), Verdict.INCONCLUSIVE, ACCEPTED)


@pytest.mark.parametrize("accepted", [None, ACCEPTED])
def test_a_watch_is_read_as_it_was_written(accepted: Accepted | None) -> None:
    seen = saw(drifting(), replace(in_slices("x a", "x b"), feature="delay"))
    watch = replace(look(NEW, seen, slot="champion", now=T0).watch, accepted=accepted, revision=3, sequence=2)

    assert Watch.from_dict(json.loads(json.dumps(watch.to_dict()))) == watch


def in_slices(*slices: str, effect: float = 0.5, change: str = "location") -> Drifting:
    first = slices[0]
    return replace(
        drifting(), slice=first, slices=slices, effect=effect, change=change, reason=f"temp of {first}: moved"
    )


def passed(*places: str, watched: str = "temp,temp of x a,temp of x b") -> Seen:
    return Seen(Verdict.PASS, "well", 100, (), frozenset(places), frozenset(watched.split(",")))


def test_a_drift_of_slices_names_the_first_and_counts_the_others() -> None:
    assert drifting().where == "temp"
    assert in_slices("x a").where == "temp of x a"
    assert in_slices("x a", "x b").where == "temp of x a and 1 slice more"
    assert in_slices("x a", "x b", "x c").where == "temp of x a and 2 slices more"
    assert replace(drifting(), slices=("x a", "x b")).where == "temp"


@pytest.mark.parametrize(
    ("before", "now", "is_news"),
    [
        (drifting(), in_slices("x a", effect=2.0), False),
        (in_slices("x a"), in_slices("x b", "x a", effect=2.0), False),
        (in_slices("x a", effect=1.0), replace(drifting(), slices=("x a",)), False),
        (in_slices("x a", effect=0.4), drifting(), True),
        (in_slices("x a", effect=1.0, change="missing"), drifting(), True),
    ],
    ids=["all, then a slice", "another slice", "less in all", "more in all", "another change in all"],
)
def test_a_feature_is_news_once_unless_all_rows_show_more_than_a_slice_did(
    before: Drifting, now: Drifting, *, is_news: bool
) -> None:
    first = look(NEW, saw(before), slot="champion", now=T0)
    second = look(first.watch, saw(now), slot="champion", now=T0 + HOUR)

    assert bool(second.begun) is is_news
    assert second.watch.drifting == (replace(now, since=before.since),)


def test_a_drift_of_slices_is_over_when_each_of_them_is_well() -> None:
    first = look(NEW, saw(in_slices("x a", "x b")), slot="champion", now=T0)

    still = look(first.watch, passed("temp", "temp of x a"), slot="champion", now=T0)
    over = look(first.watch, passed("temp", "temp of x a", "temp of x b"), slot="champion", now=T0)

    assert (still.ended, still.watch.verdict) == ((), Verdict.FAIL)
    assert (over.ended, over.watch.drifting) == (("temp of x a and 1 slice more",), ())


def test_a_drift_of_all_is_over_when_all_are_well_whatever_a_slice_without_rows_says() -> None:
    first = look(NEW, saw(replace(drifting(), slices=("x a",))), slot="champion", now=T0)

    assert look(first.watch, passed("temp"), slot="champion", now=T0).ended == ("temp",)


def test_what_is_no_longer_watched_does_not_drift_for_ever() -> None:
    first = look(NEW, saw(in_slices("x a")), slot="champion", now=T0)

    gone = look(first.watch, passed("temp", watched="temp"), slot="champion", now=T0)
    unseen = look(first.watch, Seen(Verdict.INCONCLUSIVE, "no rows", 0), slot="champion", now=T0)

    assert (gone.ended, gone.unwatched, gone.watch.drifting) == ((), ("temp of x a",), ())
    assert unseen.watch.drifting == first.watch.drifting


def test_what_was_written_before_there_were_slices_is_read() -> None:
    written = replace(NEW, verdict=Verdict.FAIL, drifting=(drifting(),), accepted=ACCEPTED).to_dict()
    for form in (*written["drifting"],):
        del form["slice"], form["slices"]
    del written["accepted"]["slices"]

    found = Watch.from_dict(written)

    assert (found.drifting, found.accepted) == ((drifting(),), ACCEPTED)


FEATURES = st.sampled_from(["temp", "delay", "seats"])


@given(st.lists(st.tuples(st.sets(FEATURES), st.sets(FEATURES)), max_size=12))
def test_each_drift_begins_once_before_it_ends(looks: list[tuple[set[str], set[str]]]) -> None:
    watch, open_ = NEW, set[str]()
    for drifted, quiet in looks:
        seen = saw(*map(drifting, sorted(drifted)), passed=" ".join(quiet - drifted))
        news = look(watch, seen, slot="champion", now=T0)
        watch = news.watch
        assert {each.feature for each in news.begun} == drifted - open_
        assert set(news.ended) == open_ & (quiet - drifted)
        open_ = (open_ | drifted) - (quiet - drifted)
        assert {each.feature for each in watch.drifting} == open_
