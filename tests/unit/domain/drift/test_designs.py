from typing import Any

import numpy as np
import pytest

from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.design import Design
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summarise import summarise

QUIET = Rules(false_alarms_per_30_days=7.2, levels=1)  # q = .01


def users(generator: np.random.Generator, rows: int, *, likeness: float, features: int = 12) -> dict[str, np.ndarray]:
    """Ten consecutive rows of each user, who resembles himself."""
    each = generator.standard_normal((features, rows // 10))
    own = np.sqrt(likeness) * np.repeat(each, 10, axis=1)
    values = own + np.sqrt(1 - likeness) * generator.standard_normal((features, rows))
    return {f"x{place}": line for place, line in enumerate(values)}


def reference_of(likeness: float, *, seed: int = 1, features: int = 12) -> Reference:
    rows = users(np.random.default_rng(seed), 20_000, likeness=likeness, features=features)
    return build_reference(rows, seed=1, choices=Choices(window_rows=1000, draws=0))


def alarms(reference: Reference, *, likeness: float, windows: int = 60) -> int:
    """In how many quiet windows something is found."""
    generator = np.random.default_rng(9)
    found = 0
    for _ in range(windows):
        window = summarise(reference.binning, users(generator, 1000, likeness=likeness))
        found += bool(judge([Watched(reference, [window])], QUIET).drifted)
    return found


def test_independent_rows_have_no_design_effect() -> None:
    designs = reference_of(0.0).designs

    assert np.mean([design.location for design in designs]) < 1.15
    assert all(1 <= design.cells < 1.2 for design in designs)
    assert all(design.missing == 1 for design in designs)  # nothing is missing
    assert all(1 <= design.outside < 1.5 for design in designs)


def test_rows_of_users_count_for_fewer() -> None:
    designs = reference_of(0.6).designs

    # A mean over ten alike rows of correlation .6 varies 1 + 9 * .6 times as much.
    assert np.mean([design.location for design in designs]) == pytest.approx(6.4, rel=0.2)
    assert np.mean([design.spread for design in designs]) < np.mean([design.location for design in designs])
    assert all(design.cells > 1 for design in designs)


def test_quiet_windows_of_dependent_rows_stay_quiet() -> None:
    reference = reference_of(0.6)
    naive = Reference(reference.binning, reference.summary, reference.moments, (Design(),) * 12)

    assert alarms(reference, likeness=0.6) <= 6
    assert alarms(naive, likeness=0.6) >= 35


def test_features_that_differ_keep_their_own_design_effects() -> None:
    generator = np.random.default_rng(3)
    calm, clustered = (users(generator, 20_000, likeness=likeness, features=6) for likeness in (0.0, 0.9))
    columns = calm | {f"y{name}": line for name, line in clustered.items()}

    designs = build_reference(columns, seed=1, choices=Choices(window_rows=1000, draws=0)).designs

    assert np.mean([design.location for design in designs[:6]]) < 2
    assert np.mean([design.location for design in designs[6:]]) > 5


def test_shares_of_missing_values_that_come_in_bursts_count_for_fewer() -> None:
    generator = np.random.default_rng(4)
    value = generator.standard_normal(20_000)
    value[np.repeat(generator.random(200) < 0.03, 100)] = np.nan
    steady = np.where(generator.random(20_000) < 0.03, np.nan, generator.standard_normal(20_000))

    bursts, steadily = build_reference(
        {"bursts": value, "steady": steady}, seed=1, choices=Choices(window_rows=1000, draws=0)
    ).designs

    assert bursts.missing > 10 * steadily.missing


def test_one_block_tells_nothing() -> None:
    reference = build_reference({"x": [1.0, 2.0]}, seed=1, choices=Choices(window_rows=2, draws=0))

    assert reference.designs == (Design(),)


def test_a_feature_with_one_value_or_none_has_none_either() -> None:
    columns: dict[str, Any] = {"one": [1.0] * 40, "none": [None] * 40, "text": ["a"] * 40}

    designs = build_reference(columns, seed=1, choices=Choices(window_rows=10, draws=0)).designs

    assert designs == (Design(),) * 3
