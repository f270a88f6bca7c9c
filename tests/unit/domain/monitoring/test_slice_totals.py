from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.sliced import Slice
from sluice.domain.monitoring.compare import compare_slices
from sluice.domain.monitoring.labelled import Labelled
from sluice.domain.monitoring.slice_totals import with_counted
from sluice.domain.monitoring.watched_slice import SliceTotal
from tests.drift_builders import a_reference
from tests.label_builders import some_labels

BINNING = a_reference().binning
AA, B6 = Slice("carrier", "AA"), Slice("carrier", "B6")
LABELS = [
    *some_labels(12, seed=1, carrier="AA", wrong=0.5),
    *some_labels(12, seed=2, carrier="B6"),
    *some_labels(3, seed=3),
]


def count(pieces: Sequence[Sequence[Labelled]], kept: Sequence[Slice] = (AA, B6)) -> dict[tuple[str, str], SliceTotal]:
    """Totals of labels that were counted piece by piece."""
    window, totals = dict[Slice, Outcomes](), dict[tuple[str, str], SliceTotal]()
    for piece in pieces:
        after = compare_slices(BINNING, window, piece)
        totals = with_counted(totals, window, after, kept=kept)
        window = after
    return totals


@given(st.permutations(LABELS), st.lists(st.integers(0, len(LABELS)), max_size=4))
@settings(max_examples=30, deadline=None)
def test_totals_do_not_depend_on_the_order_of_labels_nor_on_the_pieces(order: list[Labelled], cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(order)]

    assert count([order[a:b] for a, b in pairwise(ends)]) == count([LABELS])
    assert count([LABELS])[AA].rows == count([LABELS])[B6].rows == 12


def test_what_is_taken_back_is_gone() -> None:
    back = [replace(each, is_taken_back=True) for each in LABELS if each.slices == (("carrier", "AA"),)]

    assert count([LABELS, back]) == count([[each for each in LABELS if each.slices != (("carrier", "AA"),)]])
    assert AA not in count([LABELS, back])


def test_slices_that_are_not_judged_have_no_total() -> None:
    assert set(count([LABELS], kept=[B6])) == {B6}
    assert with_counted({AA: SliceTotal(3, 1)}, {}, {}, kept=[B6]) == {}
