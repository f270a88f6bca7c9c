import numpy as np
import pytest

from bench.drift_data import DRIFTS, Drift, rows
from bench.drift_power import RULES, score
from bench.drift_rules import Judges
from sluice.domain.drift.column import Codes, Column

ROWS = 4000


def columns(shift: float = 0.0, swap: float = 0.0) -> dict[str, Column]:
    """A normal feature and one of three categories, without chance."""
    normal = np.sort(np.random.default_rng(1).normal(size=ROWS)) + shift
    codes = np.repeat([0, 1, 2], [round(ROWS * (0.5 - swap)), 1200, round(ROWS * (0.2 + swap))])
    return {"number": normal, "category": Codes(codes, ("a", "b", "c"))}


JUDGES = Judges(columns(), seed=1)
SAME, FAR = JUDGES.flags(columns()), JUDGES.flags(columns(shift=2.0, swap=0.4))


@pytest.mark.parametrize("rule", RULES)
def test_the_reference_itself_has_not_drifted_by_any_rule(rule: str) -> None:
    assert SAME[rule].tolist() == [False, False]


@pytest.mark.parametrize("rule", RULES)
def test_what_is_far_off_has_by_every_rule(rule: str) -> None:
    assert FAR[rule].tolist() == [True, True]


def test_fixed_thresholds_are_where_their_authors_put_them() -> None:
    # Moved by .1 standard deviations the normalised Wasserstein distance is .1; Monitor subtracts 1.8 sqrt(2/n).
    just, not_quite = (JUDGES.flags(columns(shift=shift)) for shift in (0.102, 0.098))
    assert (just["Evidently default"][0], not_quite["Evidently default"][0]) == (True, False)
    robust, not_robust = (JUDGES.flags(columns(swap=swap)) for swap in (0.142, 0.138))
    assert robust["SageMaker linf_robust>.1"][1]
    assert not not_robust["SageMaker linf_robust>.1"][1]


def test_a_score_tells_false_flags_from_found_ones() -> None:
    flags = [np.array([True, False, True, False]), np.array([False, False, True, True])]

    scored = score(flags, Drift("shift", 1.0, (2, 3)))

    assert scored == (0.5, 0.25, 0.75)
    assert score(flags, Drift()).found == 0.0


@pytest.mark.parametrize("name", DRIFTS)
def test_every_drift_changes_its_features(name: str) -> None:
    drift = DRIFTS[name]
    quiet, moved = (rows(np.random.default_rng(3), 3000, each) for each in (Drift(), drift))

    changed = [place for place, feature in enumerate(quiet) if _differs(quiet[feature], moved[feature])]

    assert set(drift.features) <= set(changed)


def _differs(one: Column, other: Column) -> bool:
    if isinstance(one, Codes) and isinstance(other, Codes):
        return not np.array_equal(one.codes, other.codes)
    return not np.array_equal(np.asarray(one), np.asarray(other), equal_nan=True)
