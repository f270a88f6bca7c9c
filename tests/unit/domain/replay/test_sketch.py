from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.replay.sketch import Sketch

AMOUNTS = st.lists(st.one_of(st.just(0.0), st.floats(1e-9, 1e9)), min_size=1, max_size=60)


@given(AMOUNTS, st.sampled_from([0.0, 0.5, 0.95, 1.0]))
def test_quantiles_are_those_of_the_amounts_within_a_hundredth(amounts: list[float], q: float) -> None:
    rank = max(ceil(q * len(amounts)), 1)
    exact = sorted(amounts)[rank - 1] if q else 0.0

    found = Sketch.of(amounts).quantile(q)

    assert found == pytest.approx(exact, rel=0.0101) or (q == 0.0 and found == 0.0)


@given(AMOUNTS, AMOUNTS)
def test_sketches_add_up_to_that_of_all(these: list[float], those: list[float]) -> None:
    added, whole = Sketch.of(these) + Sketch.of(those), Sketch.of(these + those)

    assert (added.n, added.largest, dict(added.bins)) == (whole.n, whole.largest, dict(whole.bins))
    assert added.mean == pytest.approx(whole.mean)


@given(AMOUNTS, AMOUNTS, st.integers(1, 400))
def test_narrowed_before_or_after_they_are_added_up_it_is_the_same(
    these: list[float], those: list[float], span: int
) -> None:
    one, other = Sketch.of(these), Sketch.of(those)

    before, after = (one.narrowed(span) + other).narrowed(span), (one + other).narrowed(span)

    assert dict(before.bins) == dict(after.bins)
    assert sum(after.bins.values()) == sum((one + other).bins.values())
    assert max(after.bins, default=0) - min(after.bins, default=0) < span
    assert (after.n, after.largest) == (len(these) + len(those), max(these + those))


def test_of_nothing_there_is_nothing_to_say() -> None:
    none = Sketch()

    assert (none.n, none.mean, none.largest, none.quantile(0.5)) == (0, 0.0, 0.0, 0.0)
    assert none + Sketch.of([2.0]) == Sketch.of([2.0])
