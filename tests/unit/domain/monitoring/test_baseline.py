import base64
from dataclasses import replace

from sluice.domain.drift.repeats import Repeats
from sluice.domain.drift.sliced import Slice
from sluice.domain.drift.wire import encode
from sluice.domain.monitoring.baseline import accepted_slices, baseline
from sluice.domain.monitoring.watch import Accepted
from tests.drift_builders import a_reference, a_sliced_reference, a_window, slices_of
from tests.feedback_builders import T0
from tests.monitoring_builders import hour

REFERENCE = a_sliced_reference()
SLICES = tuple(REFERENCE.slices)
AA, WN = Slice("carrier", "AA"), Slice("carrier", "WN")


def accepted(rows: int) -> Accepted:
    window, slices = a_window(rows, seed=7), slices_of(rows, seed=7)
    packed = base64.b64encode(encode(window)).decode()
    return Accepted("ann", "summer", T0, hour(8), rows, packed, accepted_slices(slices))


def test_before_an_acceptance_all_and_each_slice_are_compared_with_training_data() -> None:
    found = baseline(REFERENCE, SLICES, None)

    assert found.whole == a_reference()
    assert {of: reference.summary for of, reference in found.slices.items()} == REFERENCE.slices
    assert (found.without_past, found.notes) == (0, ())


def test_only_slices_that_are_watched_are_compared() -> None:
    assert list(baseline(REFERENCE, [AA], None).slices) == [AA]
    assert list(baseline(REFERENCE, [AA], accepted(4000)).slices) == [AA]


def test_after_it_each_slice_is_compared_with_its_accepted_rows() -> None:
    found = baseline(REFERENCE, SLICES, accepted(4000))

    assert found.whole.summary == a_window(4000, seed=7)
    assert {of: reference.summary for of, reference in found.slices.items()} == slices_of(4000, seed=7)


def test_a_slice_with_few_accepted_rows_is_not_judged_and_that_is_told() -> None:
    found = baseline(REFERENCE, SLICES, accepted(1000))

    assert WN not in found.slices
    assert AA in found.slices
    assert found.notes == ("1 slices are not judged: fewer than 100 accepted rows",)


def test_an_acceptance_from_before_there_were_slices_judges_none_of_them() -> None:
    found = baseline(REFERENCE, SLICES, replace(accepted(4000), slices=""))

    assert (found.slices, found.without_past) == ({}, len(SLICES))


def test_nothing_is_accepted_of_slices_with_few_rows() -> None:
    assert accepted_slices(slices_of(60, seed=7)) == ""


def test_an_acceptance_by_other_bins_has_ended() -> None:
    other = replace(accepted(4000), summary=base64.b64encode(b"\x01" + bytes(10)).decode())

    assert baseline(REFERENCE, SLICES, other).whole == a_reference()
    assert len(baseline(REFERENCE, SLICES, other).slices) == len(SLICES)


def test_after_an_acceptance_copies_are_compared_with_the_accepted_where_the_reference_knows_its_own() -> None:
    said = replace(accepted(4000), compared=4000, copies=400)
    without = replace(REFERENCE, whole=replace(REFERENCE.whole, repeats=None))

    assert baseline(REFERENCE, SLICES, None).whole.repeats == a_reference().repeats
    assert baseline(REFERENCE, SLICES, said).whole.repeats == Repeats(4000, 400)
    assert baseline(without, SLICES, said).whole.repeats is None
