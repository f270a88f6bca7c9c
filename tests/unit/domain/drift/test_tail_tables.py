import numpy as np
import pytest

from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.smooth import polynomials
from sluice.domain.drift.tail_table import LEVELS, TailTable, _quiet, corrected, simulate
from tests.drift_builders import a_reference

CELLS = np.full(32, 1000 / 32)
TABLE = TailTable((50, 200), (((0.0, 0.1, 0.2, 0.8), (0.0, 0.0, 0.1, 1.0)), ((0.0, 0.0, 0.0, 1.0),) * 2), (0, 1, 0))


def test_few_rows_and_a_small_reference_make_small_p_values_too_frequent_and_the_table_mends_that() -> None:
    reference = build_reference(
        {"x": np.random.default_rng(1).normal(size=1000)}, seed=1, choices=Choices(draws=20_000, window_rows=50)
    )
    table = reference.tail_table
    assert table is not None

    p_values = _quiet(CELLS, polynomials(CELLS), size=50, draws=60_000, seed=99)
    mended = corrected(
        TailTable(table.sizes, table.shapes, table.shape_of * len(p_values)), p_values, np.full(len(p_values), 50.0)
    )

    assert (p_values <= 1e-3).mean() > 2e-3
    assert (mended <= 1e-2).mean() == pytest.approx(1e-2, rel=0.2)
    assert (mended <= 1e-3).mean() == pytest.approx(1e-3, rel=0.5)


def test_alike_features_are_simulated_once() -> None:
    reference = a_reference()

    table = simulate(reference.binning, reference.summary, seed=1, draws=100, sizes=(50,))

    temp, delay, seats, carrier, score, predicted = table.shape_of
    assert temp == delay == score == 0
    assert len({temp, seats, carrier, predicted}) == 4
    assert len(table.shapes) == 4


def test_the_seed_decides() -> None:
    reference = a_reference()

    def once(seed: int) -> TailTable:
        return simulate(reference.binning, reference.summary, seed=seed, draws=300, sizes=(50, 200))

    assert once(1) == once(1)
    assert once(1) != once(2)


def test_a_correction_is_interpolated_and_goes_on_beyond_the_table() -> None:
    p_values, rows = np.array([1.0, 0.03, 1e-4]), np.array([50.0, 50.0, 50.0])

    assert corrected(TABLE, p_values, rows) == pytest.approx(
        [1.0, 0.03, np.exp(np.log(0.01) + 0.2 + 0.8 * np.log(0.01))]
    )
    halfway = corrected(TABLE, p_values, np.full(3, 100.0))[2]
    assert corrected(TABLE, p_values, np.full(3, 50.0))[2] > halfway > corrected(TABLE, p_values, np.full(3, 200.0))[2]
    assert (corrected(TABLE, p_values, np.full(3, 1.0)) == corrected(TABLE, p_values, rows)).all()
    assert (corrected(TABLE, p_values, np.full(3, 1e6)) == corrected(TABLE, p_values, np.full(3, 200.0))).all()


def test_p_values_keep_their_order() -> None:
    p_values = np.geomspace(1e-12, 1, 60)
    for rows in (10, 50, 120, 10_000):
        for feature in range(3):
            table = TailTable(TABLE.sizes, TABLE.shapes, (TABLE.shape_of[feature],) * 60)
            mended = corrected(table, p_values, np.full(60, float(rows)))
            assert (np.diff(mended) >= 0).all()


def test_a_feature_with_one_cell_needs_no_correction_and_few_draws_have_no_tail() -> None:
    reference = build_reference({"one": [1.0] * 30, "x": list(range(30))}, seed=1, choices=Choices(draws=1))

    assert reference.tail_table is not None
    assert {line[-1] for by_size in reference.tail_table.shapes for line in by_size} == {1.0}
    assert len(reference.tail_table.shapes[0][0]) == len(LEVELS) + 1
