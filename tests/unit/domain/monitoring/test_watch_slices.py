from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.sliced import Slice
from sluice.domain.monitoring.error_bets import allowed_rate
from sluice.domain.monitoring.judged_slices import AtTraining, JudgedSlices
from sluice.domain.monitoring.loss import Bets, Loss
from sluice.domain.monitoring.watch_slices import watch_slices
from sluice.domain.monitoring.watched_slice import SliceTotal, WatchedSlice
from tests.feedback_builders import T0
from tests.monitoring_builders import HOUR, hour

AA, B6, DL = (Slice("carrier", name) for name in ("AA", "B6", "DL"))
BINNING = "0" * 16
LOOKS = 14_400.0
Totals = Mapping[tuple[str, str], SliceTotal]


def judged(*slices: Slice, tolerance: float | None = None, binning: str = BINNING) -> JudgedSlices:
    """Slices of which 2,000 labels are known, a tenth of them wrong."""
    allowed = allowed_rate(rows=2000, errors=200, among=len(slices))
    return JudgedSlices(binning, tolerance, {of: AtTraining(0.1, allowed) for of in slices})


JUDGED = judged(AA, B6)


def look(
    *sights: Totals, known: Sequence[WatchedSlice] = (), by: JudgedSlices = JUDGED, since: timedelta = timedelta()
) -> dict[str, WatchedSlice]:
    """What is known after looks at these totals, an hour apart."""
    watched = tuple(known)
    for number, totals in enumerate(sights):
        watched = watch_slices(watched, totals, by, mean_looks=LOOKS, now=T0 + since + number * HOUR)
    return {each.value: each for each in watched}


def total(rows: int, errors: int) -> SliceTotal:
    return SliceTotal(rows, errors)


def test_a_slice_that_is_as_it_was_at_training_is_watched_and_well() -> None:
    found = look({B6: total(200, 20)}, {B6: total(400, 41)})

    assert found == {"B6": WatchedSlice("carrier", "B6", Bets(BINNING, 400, 41, (), T0 + HOUR))}


def test_the_slice_that_is_lost_is_named_with_from_what_to_what_and_since_when() -> None:
    quiet: dict[tuple[str, str], SliceTotal] = {AA: total(1000, 100), B6: total(1000, 90)}
    found = look(
        quiet,
        quiet | {B6: total(1100, 115)},
        {AA: total(1200, 121), B6: total(1200, 140)},
    )

    assert found["AA"].loss is None
    assert found["B6"].loss == Loss(
        hour(10),
        "25.0 % of 200 labelled predictions of carrier B6 since 2026-11-21 10:30 were wrong, 10.0 % were at training",
        0.25,
        200,
    )
    assert (found["B6"].run, found["B6"].bets.state) == (None, ())


def test_numbers_are_wrong_that_are_off_by_more_than_the_tolerance() -> None:
    found = look({B6: total(500, 250)}, by=judged(AA, B6, tolerance=5.0))

    assert found["B6"].loss is not None
    assert "were off by more than 5, 10.0 % were at training" in found["B6"].loss.reason


def test_among_more_slices_it_takes_more_to_find_one() -> None:
    first = next(errors for errors in range(200) if look({B6: total(200, errors)})["B6"].loss)
    many = judged(*(Slice("carrier", f"{n}") for n in range(60)), B6)

    assert look({B6: total(200, first)}, by=many)["B6"].loss is None
    assert look({B6: total(200, first + 15)}, by=many)["B6"].loss is not None


def test_a_loss_goes_on_without_labels_and_ends_with_good_ones() -> None:
    lost = look({B6: total(500, 250)})
    silent = look({B6: total(500, 250)}, known=tuple(lost.values()), since=HOUR)
    some = look({B6: total(520, 252)}, known=tuple(silent.values()), since=2 * HOUR)
    well = look({B6: total(2000, 400)}, known=tuple(some.values()), since=3 * HOUR)

    assert silent == lost
    assert some["B6"].loss == lost["B6"].loss
    assert some["B6"].bets.state
    assert (well["B6"].loss, well["B6"].run, well["B6"].bets.state) == (None, None, ())


def test_what_speaks_for_a_loss_is_counted_since_nothing_did() -> None:
    found = look({B6: total(100, 20)}, {B6: total(160, 30)})
    again = look({B6: total(900, 60)}, known=tuple(found.values()), since=2 * HOUR)

    assert found["B6"].run is not None
    assert (found["B6"].run.since, found["B6"].run.rows) == (T0, 0)
    assert again["B6"].run is None


def test_labels_that_are_taken_back_wait_for_new_ones() -> None:
    first = look({B6: total(400, 40)})

    odds: list[Totals] = [{B6: total(399, 39)}, {B6: total(401, 39)}, {B6: total(-1, 0)}, {}]
    for odd in odds:
        assert look(odd, known=tuple(first.values()), since=HOUR) == first


def test_with_another_reference_the_watch_begins_anew_and_a_loss_stays() -> None:
    lost = look({AA: total(100, 12), B6: total(500, 250)})

    other = look({}, known=tuple(lost.values()), by=judged(AA, B6, binning="1" * 16))

    assert other["B6"] == WatchedSlice("carrier", "B6", Bets("1" * 16), loss=lost["B6"].loss)
    assert other["AA"] == WatchedSlice("carrier", "AA", Bets("1" * 16))


def test_a_slice_that_is_judged_no_more_is_forgotten() -> None:
    lost = look({AA: total(100, 12), B6: total(500, 250)})

    assert set(look({AA: total(100, 12)}, known=tuple(lost.values()), by=judged(AA))) == {"AA"}


totals = st.tuples(st.integers(0, 400), st.integers(0, 100)).map(lambda drawn: total(drawn[0] + drawn[1], drawn[1]))
sights = st.lists(st.fixed_dictionaries({AA: totals, B6: totals, DL: totals}), min_size=1, max_size=5)


@given(sights)
@settings(deadline=None)
def test_looking_again_and_in_which_order_slices_stand_changes_nothing(every: list[Totals]) -> None:
    by = judged(AA, B6, DL)
    found = look(*every, by=by)

    backwards = [dict(reversed(list(each.items()))) for each in every]
    assert look(*backwards, by=judged(DL, B6, AA)) == found
    assert look(every[-1], known=tuple(reversed(found.values())), by=by, since=timedelta(days=1)) == found


@given(sights)
@settings(deadline=None)
def test_what_is_written_is_read(every: list[Totals]) -> None:
    for each in look(*every, by=judged(AA, B6, DL)).values():
        assert WatchedSlice.from_dict(each.to_dict()) == each
        assert each.where == f"carrier {each.value}"


@pytest.mark.parametrize("errors", [27, 29])
def test_what_is_kept_of_bets_is_never_more_than_they_are(errors: int) -> None:
    state = look({B6: total(200, errors)})["B6"].bets.state

    assert len(state) == 24
    assert all(bet >= 0 and round(bet, 3) == bet for bet in state)
