import doctest

import numpy as np

from sluice.domain.monitoring import error_bets
from sluice.domain.monitoring.error_bets import allowed_rate, bet_on_end, bet_on_loss, is_certain

ALLOWED = 0.11
LOOKS = 7200.0


def looks_until(rate: float, *, seed: int, most: int, found: float | None = None, before: int = 0) -> int | None:
    """After how many looks of 50 labels a loss, or the end of one that was found, is certain."""
    generator = np.random.default_rng(seed)
    state: tuple[float, ...] = ()
    for number in range(before + most):
        errors = int(generator.binomial(50, (found or rate) if number < before else rate))
        if found is None:
            state = bet_on_loss(state, rows=50, errors=errors, allowed=ALLOWED)
        else:
            state = bet_on_end(state, rows=50, errors=errors, allowed=ALLOWED, found=found)
        if is_certain(state, mean_looks=LOOKS):
            return number + 1 - before
    return None


def test_examples_hold() -> None:
    assert doctest.testmod(error_bets).failed == 0


def test_few_labels_at_training_allow_more() -> None:
    assert 0.1 < allowed_rate(rows=100_000, errors=10_000) < allowed_rate(rows=1000, errors=100) < 0.12
    assert 0 < allowed_rate(rows=1000, errors=0) < 0.005
    assert 0.12 < allowed_rate(rows=1000, errors=100, among=20) < 0.14


def test_a_loss_is_found_soon_and_none_where_there_is_none() -> None:
    delays = [looks_until(0.22, seed=seed, most=100) for seed in range(10)]

    assert all(delay is not None and delay <= 15 for delay in delays)
    assert [looks_until(0.1, seed=seed, most=2000) for seed in range(3)] == [None] * 3


def test_a_loss_ends_soon_however_long_it_lasted_and_not_by_itself() -> None:
    short, long = ([looks_until(0.1, seed=s, most=100, found=0.22, before=b) for s in range(5)] for b in (10, 2000))

    assert all(delay is not None and delay <= 40 for delay in (*short, *long))
    assert [looks_until(0.22, seed=seed, most=2000, found=0.22) for seed in range(3)] == [None] * 3


def test_before_the_first_label_nothing_is_certain() -> None:
    assert not is_certain((), mean_looks=1.0)


def test_a_loss_beyond_one_half_is_bet_on_too() -> None:
    state = bet_on_end((), rows=500, errors=50, allowed=0.4, found=0.9)

    assert is_certain(state, mean_looks=LOOKS)
