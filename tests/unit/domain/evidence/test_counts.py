import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.evidence.counts import Epoch, EventKind, Split, Tally, merged, splits

bounded = settings(max_examples=60, deadline=None)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    requests = draw(st.integers(0, 1000))
    kinds = draw(st.sets(st.sampled_from(EventKind)))
    return Tally(requests, {kind: draw(st.integers(0, requests)) for kind in sorted(kinds)})


epochs = st.builds(Epoch, st.sampled_from([0.05, 0.5]), tallies(), tallies())


@bounded
@given(tallies(), tallies(), tallies())
def test_tallies_add_up_in_any_order_and_grouping(one: Tally, two: Tally, three: Tally) -> None:
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + Tally() == one


def test_what_was_not_counted_in_one_tally_is_not_counted_in_the_sum() -> None:
    with_slow = Tally(100, {EventKind.ERRORS: 1, EventKind.SLOW: 5})
    without_slow = Tally(50, {EventKind.ERRORS: 2})

    assert with_slow + without_slow == Tally(150, {EventKind.ERRORS: 3})


def test_a_tally_without_requests_counts_nothing() -> None:
    assert Tally(0, {EventKind.ERRORS: 0}) == Tally()


@pytest.mark.parametrize(
    ("requests", "events"), [(-1, {}), (3, {EventKind.ERRORS: 4}), (3, {EventKind.SLOW: -1}), (0, {EventKind.SLOW: 1})]
)
def test_events_without_as_many_requests_are_refused(requests: int, events: dict[EventKind, int]) -> None:
    with pytest.raises(ValueError, match="at most the requests"):
        Tally(requests, events)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_an_epoch_compares_two_variants_that_get_traffic(share: float) -> None:
    with pytest.raises(ValueError, match="0 < share < 1"):
        Epoch(share, Tally(), Tally())


def test_epochs_of_different_shares_are_not_pooled() -> None:
    with pytest.raises(ValueError, match=r"not pooled, got 0\.05 and 0\.5"):
        Epoch(0.05, Tally(), Tally()) + Epoch(0.5, Tally(), Tally())


@bounded
@given(st.lists(epochs, max_size=6))
def test_merging_keeps_one_epoch_a_share_and_all_requests(several: list[Epoch]) -> None:
    together = merged(several)

    assert [epoch.share for epoch in together] == sorted({epoch.share for epoch in several})
    assert sum(epoch.champion.requests for epoch in together) == sum(epoch.champion.requests for epoch in several)
    assert merged(reversed(several)) == together


@bounded
@given(epochs)
def test_an_epoch_survives_json(epoch: Epoch) -> None:
    assert Epoch.from_dict(json.loads(json.dumps(epoch.to_dict()))) == epoch


def test_a_kind_splits_where_it_was_counted_in_both_variants() -> None:
    errors, nothing = {EventKind.ERRORS: 1}, dict[EventKind, int]()
    counted = Epoch(0.1, Tally(10, errors), Tally(90, {EventKind.ERRORS: 2}))
    only_in_one = Epoch(0.2, Tally(10, errors), Tally(40, nothing))
    no_requests_of_one = Epoch(0.3, Tally(), Tally(70, {EventKind.ERRORS: 3}))
    no_requests = Epoch(0.4, Tally(), Tally())

    assert splits([no_requests, no_requests_of_one, only_in_one, counted], EventKind.ERRORS) == [
        Split(10, 1, 90, 2),
        Split(0, 0, 70, 3),
    ]
