from random import Random

import pytest

from sluice.domain.errors import InvalidWeights
from sluice.domain.experiment.counted import batch_of, drawn, observe_counted, tables_of_two
from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.off_policy import Logged, LogSums, Modelled, estimate
from sluice.domain.experiment.thompson import Belief
from sluice.domain.experiment.what_if import log_sums
from sluice.domain.feedback.cell import Cell
from sluice.domain.feedback.totals import Totals
from tests.experiment_builders import HALF, VERSIONS, a_cell, an_experiment, minutes

TABLES = {1: HALF, 2: {"champion": 20, "challenger": 80}}
EARNS = {"champion": 0.2, "challenger": 0.6}


def a_log(seed: int = 5) -> dict[Cell, Totals]:
    """Twenty buckets, half of them by the second table, a thousand predictions each."""
    rng = Random(seed)  # noqa: S311  a simulation
    cells: dict[Cell, Totals] = {}
    for number in range(20):
        revision = 1 + number // 10
        for variant, percent in TABLES[revision].items():
            won = sum(rng.random() < EARNS[variant] for _ in range(percent * 10))
            cell = a_cell(variant, percent=percent, revision=revision, at=minutes(5 * number))
            cells[cell] = Totals(percent * 10, won, won, won)
    return cells


def sums_of(cells: dict[Cell, Totals], **policy: int) -> LogSums:
    return log_sums(an_experiment(), cells, tables=TABLES, versions=VERSIONS, policy=policy)


@pytest.mark.parametrize("challenger", [0, 10, 50, 100])
def test_every_estimate_finds_what_other_weights_earn(challenger: int) -> None:
    truth = EARNS["champion"] * (100 - challenger) / 100 + EARNS["challenger"] * challenger / 100

    found = estimate(sums_of(a_log(), champion=100 - challenger, challenger=challenger))

    assert found.doubly_robust is not None
    for value in (found.ips, found.self_normalised, found.doubly_robust):
        assert value.estimate == pytest.approx(truth, abs=4 * value.standard_error)
    assert (found.answers, found.findings) == (20_000, ())


def test_counters_say_what_the_answers_one_by_one_say() -> None:
    modelled = Modelled(logged=0.4, candidate=0.5)
    one_by_one = sum(
        (LogSums.of(Logged("p", 0.25, reward, 0.5, modelled)) for reward in (1.0, 0.0, 1.0)), start=LogSums()
    )

    together = LogSums.alike(Sums(3, 2, 2), weight=2, modelled=modelled)

    for name in ("n", "w", "ww", "wr", "wwr", "wwrr", "clipped", "modelled", "d", "dd"):
        assert getattr(together, name) == pytest.approx(getattr(one_by_one, name)), name


def test_without_other_data_to_fit_a_model_on_there_is_no_doubly_robust_estimate() -> None:
    only = {a_cell(variant): Totals(100, 10, 10, 10) for variant in HALF}

    assert estimate(sums_of(only, champion=50, challenger=50)).doubly_robust is None


@pytest.mark.parametrize("policy", [{"champion": 90}, {"champion": 50, "challenger-2": 50}])
def test_a_policy_that_the_experiment_knows_nothing_of_is_refused(policy: dict[str, int]) -> None:
    with pytest.raises(InvalidWeights):
        log_sums(an_experiment(), {}, tables=TABLES, versions=VERSIONS, policy=policy)


INSISTED = a_cell("challenger", percent=100)
OTHERS_TABLE = a_cell("challenger", revision=9)
OTHER_VERSION = a_cell("challenger", version="7")


@pytest.mark.parametrize("cell", [INSISTED, OTHERS_TABLE, OTHER_VERSION], ids=["insisted", "table", "version"])
def test_what_chance_did_not_draw_for_the_experiment_does_not_count(cell: Cell) -> None:
    cells = {a_cell("champion"): Totals(10), cell: Totals(99)}

    assert list(drawn(cells, tables=TABLES, versions=VERSIONS)) == [(a_cell("champion"), Totals(10))]


def test_answers_are_kept_apart_by_the_weights_they_were_drawn_under() -> None:
    cells = a_log()

    seen = observe_counted(an_experiment(), cells, tables=TABLES, versions=VERSIONS)

    assert [dict(stratum.weights) for stratum in seen.strata] == [HALF, TABLES[2]]
    assert seen.strata[1].arm("challenger").units == 8000
    assert not seen.strata[0].by_unit


def test_a_bandit_learns_only_from_its_own_draws() -> None:
    before = a_cell("champion", revision=0)
    cells = {a_cell("champion"): Totals(10, 4, 4, 4), INSISTED: Totals(99), OTHER_VERSION: Totals(9), before: Totals(8)}

    learned = batch_of(an_experiment(), cells, first_revision=1, versions=VERSIONS)

    assert learned == {"champion": Belief(10, 4, 4), "challenger": Belief()}


def test_of_two_variants_the_chances_tell_the_weights() -> None:
    cells = {a_cell("champion", percent=30): Totals(1), a_cell("challenger", revision=2, percent=80): Totals(1)}
    cells |= {INSISTED: Totals(1)}

    assert tables_of_two(cells, ("champion", "challenger")) == {
        1: {"champion": 30, "challenger": 70},
        2: {"champion": 20, "challenger": 80},
    }
