from functools import reduce
from random import Random

import pytest

from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.effect import effect_of
from sluice.domain.experiment.observation import Arm, Observation, Stratum

HALF = {"champion": 50, "challenger": 50}
TENTH = {"champion": 90, "challenger": 10}


def binary(n: int, successes: int) -> Sums:
    return Sums(n, successes, successes)


def a_stratum(weights: dict[str, int], champion: Sums, challenger: Sums) -> Stratum:
    return Stratum(weights, {"champion": Arm(champion.n, champion), "challenger": Arm(challenger.n, challenger)})


def test_with_one_setting_of_the_weights_it_is_the_difference_of_two_means() -> None:
    effect = effect_of(
        Observation((a_stratum(HALF, binary(1000, 100), binary(1000, 120)),)), "challenger", control="champion"
    )

    assert effect is not None
    assert effect.estimate == pytest.approx(0.02)
    assert effect.variance == pytest.approx(0.12 * 0.88 / 1000 + 0.10 * 0.90 / 1000, rel=0.002)
    assert effect.n == 2000


def test_totals_deceive_where_the_base_rate_moves_with_the_weights() -> None:
    # The same model twice; at 10 % the base rate is 2 %, at 50 % it is 10 %. In total the challenger looks better.
    seen = Observation(
        (a_stratum(TENTH, binary(9000, 180), binary(1000, 20)), a_stratum(HALF, binary(1000, 100), binary(1000, 100)))
    )

    effect = effect_of(seen, "challenger", control="champion")

    assert seen.arm("challenger").outcomes.mean > 2 * seen.arm("champion").outcomes.mean
    assert effect is not None
    assert effect.estimate == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "strata",
    [
        (),
        (Stratum(HALF, {"champion": Arm(10, binary(10, 1))}),),
        (Stratum(HALF, {"champion": Arm(10, binary(10, 1))}), Stratum(TENTH, {"challenger": Arm(9, binary(9, 1))})),
    ],
    ids=["nothing", "control only", "never at the same weights"],
)
def test_variants_that_were_never_there_together_are_not_compared(strata: tuple[Stratum, ...]) -> None:
    assert effect_of(Observation(strata), "challenger", control="champion") is None


def test_a_small_sample_that_lacks_the_rare_large_ones_is_not_sure_of_itself() -> None:
    seen = Observation((a_stratum({"champion": 95, "challenger": 5}, binary(9500, 190), binary(500, 1)),))

    effect = effect_of(seen, "challenger", control="champion")

    assert effect is not None
    by_its_own_variance = 0.002 * 0.998 / 500
    assert effect.variance > 5 * by_its_own_variance


def test_single_outcomes_have_no_variance_yet() -> None:
    effect = effect_of(Observation((a_stratum(HALF, Sums.of(1), Sums.of(3)),)), "challenger", control="champion")

    assert effect is not None
    assert (effect.estimate, effect.variance) == (2, 0)


def test_a_covariate_narrows_the_estimate_without_moving_it() -> None:
    rng = Random(9)  # noqa: S311  a simulation

    def outcomes(lift: float, *, informed: bool) -> Sums:
        known = [rng.gauss(0, 1) for _ in range(2000)]
        return reduce(Sums.__add__, (Sums.of(3 * x + rng.gauss(0, 1) + lift, x if informed else 0.0) for x in known))

    effects = [
        effect_of(
            Observation((a_stratum(HALF, outcomes(0, informed=informed), outcomes(0.3, informed=informed)),)),
            "challenger",
            control="champion",
        )
        for informed in (True, False)
    ]

    with_covariate, without = effects
    assert with_covariate is not None
    assert without is not None
    assert with_covariate.variance_reduction == pytest.approx(0.9, abs=0.02)
    assert without.variance_reduction == 0
    assert with_covariate.variance == pytest.approx(without.variance * 0.1, rel=0.15)
    assert with_covariate.estimate == pytest.approx(0.3, abs=0.1)
