"""What a candidate answers to rows that it has never seen, and what it costs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.column import Codes, Column
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.cost import judge_latency, judge_size
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.robustness import Base, Variation, Varied, judge_robustness, variations
from sluice.domain.signature import Datatype, TensorSpec
from tests.gate_builders import answers_of, odds

COLUMN = (-1, 1)
PROBABILITIES = TensorSpec("probabilities", Datatype.FP32, (-1, 2))
ROWS = 600
KNOWN = odds(ROWS, seed=1)[0]


def spec(name: str, datatype: Datatype, *, optional: bool = False) -> TensorSpec:
    return TensorSpec(name, datatype, COLUMN, optional=optional)


def varied(of: str, candidate: Answers | None, champion: Answers | None = None) -> Varied:
    return Varied(Variation(of, of, np.zeros(ROWS)), candidate, champion or answers_of(KNOWN))


def judged(*each: Varied) -> Any:
    same = answers_of(KNOWN)
    return judge_robustness(Base(same, same), each, PROBABILITIES, Margins())


def test_one_input_at_a_time_is_missing_unknown_or_out_of_range_as_the_signature_admits() -> None:
    inputs = (
        spec("temp", Datatype.FP32, optional=True),
        spec("carrier", Datatype.BYTES),
        spec("gate", Datatype.BYTES, optional=True),
        spec("seats", Datatype.INT64),
        spec("doors", Datatype.UINT8),
        spec("vip", Datatype.BOOL),
        spec("never", Datatype.FP32),
    )
    columns: dict[str, Column] = {
        "temp": np.array([0.0, np.nan, 30.0]),
        "carrier": Codes(np.array([0, 1, -1]), ("AA", "B6")),
        "gate": Codes(np.array([0, 0, 0]), ("A1",)),
        "seats": np.array([2, 3, 4]),
        "doors": np.array([0, 1, 255]),
        "vip": Codes(np.array([0, 1, 0]), ("true", "false")),
        "never": [None, None, None],
    }

    found = {each.of: each for each in variations(inputs, columns)}

    assert list(found) == [
        *("temp missing", "temp far below", "temp far above"),
        *("carrier unknown", "gate missing", "gate unknown"),
        *("seats far below", "seats far above"),
    ]
    assert np.isnan(np.asarray(found["temp missing"].column)).all()
    assert np.asarray(found["temp far below"].column).tolist() == [-300.0] * 3
    assert np.asarray(found["seats far above"].column).tolist() == [24.0] * 3
    gone = found["gate missing"].column
    assert isinstance(gone, Codes)
    assert gone.codes.tolist() == [-1, -1, -1]


def test_a_number_far_above_is_none_that_its_type_does_not_have() -> None:
    half = spec("half", Datatype.FP16)

    (below, above) = variations([half], {"half": np.array([0.0, 60_000.0])})

    assert np.asarray(below.column)[0] == -65504.0
    assert np.asarray(above.column)[0] == 65504.0


def test_a_candidate_that_stays_with_its_answers_passes() -> None:
    (found,) = judged(varied("temp missing", answers_of(KNOWN)))

    assert found.verdict is Verdict.PASS
    assert (found.candidate, found.champion) == (0.0, 0.0)


def test_a_candidate_that_changes_most_of_its_answers_fails_where_the_champion_does_not() -> None:
    turned = answers_of(-KNOWN)

    alone, beside = judged(varied("temp missing", turned), varied("seats far above", turned, turned))

    assert (alone.of, alone.verdict) == ("temp missing", Verdict.FAIL)
    assert beside.verdict is Verdict.PASS, "no worse than the champion is what is asked"


def test_answers_that_are_none_fail_where_the_champion_has_more_of_them() -> None:
    same, broken = answers_of(KNOWN), answers_of(np.where(np.arange(ROWS) == 3, np.nan, KNOWN))

    found = judge_robustness(
        Base(same, same),
        [
            Varied(Variation("a", "a", np.zeros(ROWS)), None, same),
            Varied(Variation("b", "b", np.zeros(ROWS)), broken, same),
            Varied(Variation("c", "c", np.zeros(ROWS)), same, None),
            Varied(Variation("d", "d", np.zeros(ROWS)), broken, broken),
        ],
        PROBABILITIES,
        Margins(),
    )

    assert [(each.of, each.verdict) for each in found] == [
        ("a", Verdict.FAIL),
        ("b", Verdict.FAIL),
        ("d", Verdict.PASS),
        ("c", Verdict.PASS),
    ]
    assert found[0].reason == "the candidate refuses such rows"
    assert found[1].reason == "of 600 answers 1 are not finite"
    assert (found[2].candidate, found[2].champion) == (1 / ROWS, 1 / ROWS)
    assert found[3].champion == 1.0


@pytest.mark.parametrize(
    ("factor", "verdict", "told"),
    [
        (1.5, Verdict.PASS, "1.50 times the champion's time, interval 1.50 to 1.50, 2 allowed (here 15 ms beside 10"),
        (2.5, Verdict.FAIL, "too slow: 2.50 times the champion's time"),
    ],
)
def test_a_time_is_judged_beside_the_champions_own(factor: float, verdict: Verdict, told: str) -> None:
    champion = [0.01] * 15

    found = judge_latency("per row", [factor * each for each in champion], champion, allowed=2.0, error=0.05)

    assert found.verdict is verdict
    assert found.reason.startswith(told)


def test_a_machine_that_is_busy_now_and_then_makes_nothing_slow_and_one_that_is_always_decides_nothing() -> None:
    now_and_then = [0.5 if turn % 10 == 0 else 0.01 for turn in range(100)]
    always = [0.01 * (1 + turn % 3) for turn in range(30)]

    quiet = judge_latency("per row", now_and_then, [0.01] * 100, allowed=1.2, error=0.05)
    busy = judge_latency("per row", always, [0.01] * 30, allowed=2.0, error=0.05)

    assert quiet.verdict is Verdict.PASS
    assert busy.verdict is Verdict.INCONCLUSIVE
    assert busy.reason.startswith("not shown to be quick enough: 2.00 times")


def test_intervals_of_a_median_hold_it() -> None:
    generator = np.random.default_rng(0)
    missed = 0
    for _ in range(400):
        ratios = generator.lognormal(0, 0.5, 60)
        found = judge_latency("", ratios.tolist(), [1.0] * 60, allowed=2, error=0.05)
        assert found.low is not None
        assert found.high is not None
        missed += not found.low <= 1 <= found.high

    assert 0.03 <= missed / 400 <= 0.13


@pytest.mark.parametrize(
    ("candidate", "champion", "verdict"),
    [
        (49_000_000, 1000, Verdict.PASS),
        (51_000_000, 1000, Verdict.FAIL),
        (90_000_000, 10_000_000, Verdict.PASS),
        (101_000_000, 10_000_000, Verdict.FAIL),
    ],
)
def test_a_graph_may_be_ten_times_as_large_and_small_ones_any(candidate: int, champion: int, verdict: Verdict) -> None:
    assert judge_size(candidate, champion, Margins()).verdict is verdict


def test_sizes_are_told_in_units_of_people() -> None:
    found = judge_size(1_234_567, 1500, replace(Margins(), least_size_megabytes=1))

    assert found.reason == "1.2 MB, the champion's 1.5 kB: at most 1.0 MB allowed"
