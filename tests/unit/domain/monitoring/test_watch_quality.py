import re
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.drift.cbpe import Estimate
from sluice.domain.drift.number_outcomes import count_number_outcomes
from sluice.domain.drift.outcomes import ClassOutcomes, Outcomes, count_outcomes, no_outcomes
from sluice.domain.drift.quality import quality_of
from sluice.domain.drift.sliced import Slice
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.describe_quality import SeenQuality, described, measured_by, numbers_by
from sluice.domain.monitoring.judged_slices import AtTraining, JudgedSlices
from sluice.domain.monitoring.loss import Bets, Loss
from sluice.domain.monitoring.quality import Basis, KnownQuality, NumbersOff
from sluice.domain.monitoring.watch_quality import FRESH, OF_SLICES, mean_looks, newest, watch_quality
from sluice.domain.monitoring.watched_slice import SliceTotal, WatchedSlice
from tests.drift_builders import a_reference, some_answers
from tests.feedback_builders import T0
from tests.monitoring_builders import HOUR, WATCHING, hour
from tests.number_builders import a_number_reference, some_numbers

REFERENCE = a_reference()
TRAINING = REFERENCE.outcomes
NOTHING = SeenQuality(REFERENCE.binning.id, training=TRAINING)


def outcomes(rows: int, *, seed: int = 7, wrong: int = 0) -> ClassOutcomes:
    """Of ``some_answers``; the first ``wrong`` labels are the other class."""
    answers, labels = some_answers(rows, seed=seed)
    labels[:wrong] = 1 - answers.predicted[:wrong]
    return count_outcomes(REFERENCE.binning, answers, labels)


def seen(rows: int, errors: int) -> SeenQuality:
    """So many labels in all."""
    binning = REFERENCE.binning
    measured = quality_of(binning, outcomes(max(rows, 1), wrong=errors))
    return replace(NOTHING, rows=rows, errors=errors, measured=measured, since=hour(9))


def looked(*sights: SeenQuality, now: datetime = T0) -> KnownQuality:
    """What is known after looks at these, an hour apart."""
    known: KnownQuality | None = None
    for number, sight in enumerate(sights):
        known = watch_quality(known, sight, WATCHING, now=now + number * HOUR)
    assert known is not None
    return known


LOST = (seen(400, 260), seen(800, 520))
NUMBERS = a_number_reference()


def numbers_seen(rows: int, **how: float) -> SeenQuality:
    """So many labels of numbers in all."""
    binning, training = NUMBERS.binning, NUMBERS.outcomes
    found = count_number_outcomes(binning, *some_numbers(rows, seed=7, **how))
    return SeenQuality(
        binning.id,
        found.rows,
        found.wrong,
        measured=measured_by(binning, found),
        since=hour(9),
        training=training,
        trained=numbers_by(binning, training),
    )


def test_without_labels_and_scores_nothing_is_known() -> None:
    known = looked(NOTHING)

    assert (known.verdict, known.basis, known.accuracy) == (Verdict.INCONCLUSIVE, Basis.UNKNOWN, None)
    assert known.reason.startswith("nothing is known: no label has come")


def test_an_estimate_is_no_verdict() -> None:
    known = looked(replace(NOTHING, estimated=Estimate(3210, 0.842, 0.006, 0.9)))

    assert (known.verdict, known.basis, known.accuracy, known.auc) == (
        Verdict.INCONCLUSIVE,
        Basis.ESTIMATED,
        0.842,
        0.9,
    )
    assert "accuracy 0.842 ± 0.012 (0." in known.reason
    assert "from the scores of 3,210 rows: no label has come" in known.reason


def test_enough_labels_as_good_as_at_training_pass() -> None:
    known = looked(seen(400, 80))

    assert (known.verdict, known.basis, known.rows, known.loss) == (Verdict.PASS, Basis.MEASURED, 400, None)
    assert "measured by 400 labels since 2026-11-21 09:00, log loss " in known.reason
    assert known.at_training == pytest.approx(0.8, abs=0.05)


def test_too_few_labels_are_no_verdict() -> None:
    assert looked(seen(49, 8)).verdict is Verdict.INCONCLUSIVE


def test_labels_of_one_class_have_no_area() -> None:
    answers, labels = some_answers(60, seed=3)
    one = quality_of(REFERENCE.binning, count_outcomes(REFERENCE.binning, answers, labels * 0))

    assert "AUC unknown" in described(replace(seen(60, 0), measured=one)).reason


def test_more_errors_than_at_training_are_a_loss_with_its_numbers() -> None:
    known = looked(*LOST)

    assert known.verdict is Verdict.FAIL
    assert known.loss is not None
    assert known.loss.since == hour(9)
    assert "labelled predictions were wrong" in known.loss.reason
    assert known.loss.error_rate > 0.5


def test_a_loss_goes_on_without_labels_and_ends_with_good_ones() -> None:
    lost = looked(*LOST)
    silent = watch_quality(lost, LOST[-1], WATCHING, now=T0 + 100 * HOUR)
    good = watch_quality(silent, seen(2000, 760), WATCHING, now=T0 + 101 * HOUR)

    assert (silent.verdict, silent.loss) == (Verdict.FAIL, lost.loss)
    assert (good.verdict, good.loss) == (Verdict.PASS, None)
    assert good.bets is not None
    assert good.bets.state == ()


def test_no_label_is_bet_on_twice() -> None:
    once = looked(seen(400, 80))
    again = looked(*[seen(400, 80)] * 5)

    assert once.bets is not None
    assert again.bets == once.bets


def test_labels_that_are_taken_back_wait_for_new_ones() -> None:
    first = looked(seen(400, 80))

    fewer = watch_quality(first, seen(399, 79), WATCHING, now=T0 + HOUR)
    odd = watch_quality(first, seen(401, 79), WATCHING, now=T0 + HOUR)
    more = watch_quality(fewer, seen(410, 82), WATCHING, now=T0 + HOUR)

    assert first.bets == fewer.bets == odd.bets
    assert more.bets is not None
    assert (more.bets.rows, more.bets.errors) == (410, 82)


def test_labels_that_came_long_ago_are_no_verdict() -> None:
    first = looked(seen(400, 80))

    soon = watch_quality(first, seen(400, 80), WATCHING, now=T0 + FRESH)
    late = watch_quality(first, seen(400, 80), WATCHING, now=T0 + FRESH + HOUR)

    assert (soon.verdict, late.verdict) == (Verdict.PASS, Verdict.INCONCLUSIVE)


def test_with_another_reference_the_watch_begins_anew_and_a_loss_stays() -> None:
    lost = looked(*LOST)

    other = watch_quality(lost, replace(NOTHING, binning="0" * 16), WATCHING, now=T0)

    assert other.bets == Bets("0" * 16)
    assert (other.verdict, other.loss) == (Verdict.FAIL, lost.loss)


@pytest.mark.parametrize(
    ("training", "why"),
    [(None, "no labelled predictions"), (outcomes(100, wrong=60), "more than 45 % were wrong at training already")],
)
def test_without_a_past_to_compare_with_nothing_is_judged(training: Outcomes | None, why: str) -> None:
    fresh, lost = looked(replace(seen(400, 300), training=training)), looked(*LOST)
    going_on = watch_quality(lost, replace(seen(900, 600), training=training), WATCHING, now=T0)

    assert (fresh.verdict, fresh.loss, fresh.basis) == (Verdict.INCONCLUSIVE, None, Basis.MEASURED)
    assert why in fresh.reason
    assert (going_on.verdict, going_on.loss, going_on.bets) == (Verdict.FAIL, lost.loss, lost.bets)


def test_labels_that_cannot_be_shown_are_not_bet_on() -> None:
    """Those of predictions whose counts have expired."""
    known = looked(replace(seen(400, 300), measured=None))

    assert known.bets == Bets(REFERENCE.binning.id)


def test_a_tenth_of_the_budget_is_about_quality() -> None:
    assert mean_looks(WATCHING) == 7200
    assert mean_looks(replace(WATCHING, false_alarms_per_30_days=10, every_minutes=30)) == 1440
    assert mean_looks(WATCHING, share=OF_SLICES) == 14_400


def test_a_loss_in_a_slice_is_one_although_all_rows_are_well() -> None:
    b6 = Slice("carrier", "B6")
    judged = JudgedSlices(REFERENCE.binning.id, None, {b6: AtTraining(0.2, 0.22)})
    few = replace(seen(40, 8), judged=judged, totals={b6: SliceTotal(40, 38)})

    lost = looked(few)
    well = looked(few, replace(seen(2000, 400), judged=judged, totals={b6: SliceTotal(1600, 280)}))

    assert (lost.verdict, lost.loss, list(lost.losses), lost.judged) == (Verdict.FAIL, None, ["carrier B6"], "1 judged")
    assert lost.all_losses == lost.losses
    assert (well.verdict, well.losses) == (Verdict.PASS, {})


def test_beside_slices_all_rows_have_half_of_the_budget() -> None:
    judged = JudgedSlices(REFERENCE.binning.id, None, {Slice("carrier", "B6"): AtTraining(0.2, 0.22)})
    alone = next(errors for errors in range(200) if looked(seen(400, 80 + errors)).loss) + 80
    beside = next(errors for errors in range(200) if looked(replace(seen(400, 80 + errors), judged=judged)).loss) + 80

    assert alone < beside < alone + 5
    assert list(looked(seen(400, 200)).all_losses) == [""]


def test_the_newest_hours_that_hold_enough_are_measured() -> None:
    nothing = no_outcomes(REFERENCE.binning)
    old, new, both = outcomes(700, seed=1), outcomes(600, seed=2), outcomes(50, seed=3)

    assert newest([]) is None
    assert newest([(hour(8), old)]) == (hour(8), old)
    assert newest([(hour(7), old), (hour(8), old), (hour(9), new)]) == (hour(8), old + new)
    assert newest([(hour(7), old), (hour(8), old), (hour(8), both), (hour(9), new)]) == (hour(8), old + both + new)
    assert newest([(hour(8), nothing), (hour(9), new)]) == (hour(8), new)


def test_numbers_as_far_off_as_at_training_pass() -> None:
    known = looked(numbers_seen(400))

    assert (known.verdict, known.basis, known.rows, known.loss) == (Verdict.PASS, Basis.MEASURED, 400, None)
    assert (known.log_loss, known.auc) == (None, None)
    assert known.numbers is not None
    assert known.numbers.mean_absolute_error == pytest.approx(2.4, abs=0.3)
    assert known.numbers.mean_absolute_error_at_training == pytest.approx(2.4, abs=0.1)
    assert known.at_training == pytest.approx(0.9)
    assert re.fullmatch(
        r"mean absolute error 2\.\d+, bias \+?-?0\.\d+, \d\d\.\d % off by no more than 5 "
        r"\(at training 2\.\d+, \+?-?0\.\d+ and 90\.0 %\), measured by 400 labels since 2026-11-21 09:00",
        known.reason,
    )


@pytest.mark.parametrize("how", [{"noise": 6.0}, {"shift": 5.0}, {"shift": -5.0}])
def test_numbers_further_off_or_aside_are_a_loss_with_its_numbers(how: dict[str, float]) -> None:
    known = looked(numbers_seen(400, **how))

    assert known.verdict is Verdict.FAIL
    assert known.loss is not None
    assert known.loss.error_rate > 0.25
    assert "of the newest 400 labelled predictions were off by more than 5, " in known.loss.reason
    assert known.loss.reason.endswith("10.0 % were at training")
    assert known.numbers is not None
    assert known.numbers.bias == pytest.approx(how.get("shift", 0), abs=0.7)


def test_a_loss_of_numbers_ends_with_good_ones() -> None:
    lost = looked(numbers_seen(400, noise=6.0))
    good = numbers_seen(3000)

    every = replace(good, rows=3400, errors=lost_errors(lost) + good.errors)
    over = watch_quality(lost, every, WATCHING, now=T0 + HOUR)

    assert (over.verdict, over.loss) == (Verdict.PASS, None)


def lost_errors(known: KnownQuality) -> int:
    assert known.bets is not None
    return known.bets.errors


def test_without_labels_of_numbers_only_the_past_is_known() -> None:
    past = numbers_by(NUMBERS.binning, NUMBERS.outcomes)

    known = looked(SeenQuality(NUMBERS.binning.id, training=NUMBERS.outcomes, trained=past))

    assert (known.verdict, known.reason) == (Verdict.INCONCLUSIVE, "nothing is known: no label has come")
    assert known.numbers is not None
    assert (known.numbers.mean_absolute_error, known.numbers.bias) == (None, None)
    assert known.numbers.tolerance == pytest.approx(5, abs=0.1)


def test_without_labels_at_training_numbers_are_shown_and_not_judged() -> None:
    known = looked(replace(numbers_seen(400), training=None, trained=None))

    assert (known.verdict, known.numbers) == (Verdict.INCONCLUSIVE, None)
    assert "at training" not in known.reason
    assert known.reason.endswith("not judged: the reference has no labelled predictions")


def test_what_was_written_before_numbers_were_known_and_slices_judged_is_read() -> None:
    known = looked(seen(400, 80))
    form = known.to_dict()
    for later in ("numbers", "slices", "watched", "judged"):
        del form[later]

    assert KnownQuality.from_dict(form) == known
    assert numbers_by(REFERENCE.binning, TRAINING) is None
    assert measured_by(NUMBERS.binning, None) is None


shares = st.none() | st.floats(0, 1)
moments = st.datetimes(timezones=st.just(T0.tzinfo))
losses = st.none() | st.builds(Loss, moments, st.text(max_size=9), st.floats(0, 1), st.integers(0, 99))
bets = st.builds(
    Bets,
    st.just("0" * 16),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.lists(st.floats(-99, 99), max_size=4).map(tuple),
    st.none() | moments,
)
qualities = st.builds(
    KnownQuality,
    verdict=st.sampled_from(Verdict),
    basis=st.sampled_from(Basis),
    reason=st.text(max_size=20),
    rows=st.integers(0, 10**9),
    accuracy=shares,
    log_loss=shares,
    auc=shares,
    calibration_error=shares,
    at_training=shares,
    loss=losses,
    bets=st.none() | bets,
    numbers=st.none() | st.builds(NumbersOff, st.floats(0, 9), st.floats(0, 9), st.floats(-9, 9), shares, shares),
    watched=st.lists(
        st.builds(WatchedSlice, st.text(max_size=5), st.text(max_size=5), bets, loss=losses), max_size=2
    ).map(tuple),
    judged=st.text(max_size=9),
)


@given(qualities)
def test_what_is_written_is_read(known: KnownQuality) -> None:
    assert KnownQuality.from_dict(known.to_dict()) == known
