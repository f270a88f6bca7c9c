"""Every margin in sluice.yaml moves a verdict: none of them is for show, though none stands in a template."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.cost import judge_latency, judge_size
from sluice.domain.gate.finding import GateFinding, Subject
from sluice.domain.gate.groups import judge_groups
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.overall import judge_overall
from sluice.domain.gate.robustness import Base, Variation, Varied, judge_robustness
from sluice.domain.gate.slices import judge_slices
from sluice.domain.signature import Datatype, TensorSpec
from sluice.settings.gate import Gate
from sluice.settings.source import InvalidSettings, parse
from tests.gate_builders import answers_of, carriers, odds, scored

FILE = Path("sluice.yaml")
MODEL = """\
models:
  flights:
    variants:
      champion: {artifact: build/v1, weight: 100}
"""
PROBABILITIES = TensorSpec("probabilities", Datatype.FP32, (-1, 2))
DECISIVE = [
    ("auc", (0.0, 0.2), Subject.AUC, ""),
    ("log_loss", (0.0, 0.3), Subject.LOG_LOSS, ""),
    ("brier", (0.0, 0.2), Subject.BRIER, ""),
    ("calibration", (0.0, 0.1), Subject.CALIBRATION, ""),
    ("slice_log_loss", (0.0, 0.3), Subject.SLICE, "AA"),
    ("fairness", (0.0, 0.3), Subject.FAIRNESS, "AA, predicted late"),
    ("flips", (0.01, 0.5), Subject.ROBUSTNESS, ""),
    ("latency_ratio", (1.2, 1.8), Subject.LATENCY, "per row"),
    ("batch_latency_ratio", (1.2, 1.8), Subject.LATENCY, "per batch"),
]
"""A setting, two values of it, and what passes by the second alone."""
TRIED = {setting for setting, *_ in DECISIVE} | {"size_ratio", "least_size_megabytes", "least_slice_rows", "error"}


def margins(**settings: Any) -> Margins:
    return parse(f"{MODEL}    gate: {settings}\n".replace("'", ""), FILE).models["flights"].gate.to_margins()


def findings(by: Margins) -> list[GateFinding]:
    """Everything that margins decide about: a candidate that is somewhat worse in all of it."""
    worse, column = scored(3000, spoil=0.4), carriers(3000)
    known = odds(3000, seed=1)[0]
    as_it_was = Base(answers_of(known), answers_of(known))
    turned = Varied(Variation("temp missing", "temp", known), answers_of(known - 0.6), answers_of(known))
    slow, quick = [0.013 + 0.001 * (turn % 5) for turn in range(30)], [0.01] * 30
    return [
        *judge_overall(worse, by),
        *judge_slices(worse, {"carrier": column}, by)[0],
        *judge_groups(worse, {"carrier": column}, ("on_time", "late"), by)[0],
        *judge_robustness(as_it_was, [turned], PROBABILITIES, by),
        judge_latency("per row", slow, quick, allowed=by.latency_ratio, error=by.error),
        judge_latency("per batch", slow, quick, allowed=by.batch_latency_ratio, error=by.error),
        judge_size(2_000_000, 1_000_000, by),
    ]


def passed(found: Sequence[GateFinding], subject: Subject, of: str = "") -> list[bool]:
    return [each.verdict is Verdict.PASS for each in found if each.subject is subject and of in each.of]


@pytest.mark.parametrize(
    ("setting", "values", "subject", "of"),
    DECISIVE,
)
def test_a_margin_decides_whether_what_is_a_little_worse_passes(
    setting: str, values: tuple[float, float], subject: Subject, of: str
) -> None:
    narrow, wide = (passed(findings(margins(**{setting: value})), subject, of) for value in values)

    assert (narrow, wide) == ([False], [True])


def test_a_size_is_judged_from_so_many_megabytes_on() -> None:
    assert passed(findings(margins(size_ratio=1.5, least_size_megabytes=1)), Subject.SIZE) == [False]
    assert passed(findings(margins(size_ratio=2.5, least_size_megabytes=1)), Subject.SIZE) == [True]
    assert passed(findings(margins(size_ratio=1.5, least_size_megabytes=3)), Subject.SIZE) == [True]


def test_slices_are_judged_from_so_many_rows_on() -> None:
    few, many = (findings(margins(least_slice_rows=rows)) for rows in (100, 1000))

    assert len(passed(few, Subject.SLICE)) == 3
    assert len(passed(many, Subject.SLICE)) == 2


def test_an_interval_is_the_wider_the_seldomer_it_may_miss() -> None:
    low, high = (
        next(each for each in findings(margins(error=error)) if each.subject is Subject.AUC) for error in (0.01, 0.2)
    )

    assert low.low is not None
    assert high.low is not None
    assert low.low < high.low


def test_no_margin_is_missing_here_and_the_usual_ones_are_the_domains() -> None:
    assert Gate.model_fields.keys() - {"checks"} == Margins().to_dict().keys() == TRIED
    assert margins() == Margins()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("auc: -0.1", "5: models.flights.gate.auc: must be greater than or equal to 0, got -0.1"),
        ("error: 0.5", "5: models.flights.gate.error: must be less than or equal to 0.25, got 0.5"),
        ("least_slice_rows: 5", "5: models.flights.gate.least_slice_rows: must be greater than or equal to 50, got 5"),
        ("latency_ratio: 0", "5: models.flights.gate.latency_ratio: must be greater than 0, got 0"),
    ],
)
def test_margins_without_meaning_are_refused(settings: str, said: str) -> None:
    with pytest.raises(InvalidSettings) as invalid:
        parse(f"{MODEL}    gate: {{{settings}}}\n", FILE)

    assert str(invalid.value) == f"sluice.yaml:{said}"


def test_numbers_are_read_whole_or_not() -> None:
    assert margins(size_ratio=3).size_ratio == 3
    assert np.isclose(margins(auc=0.25).auc, 0.25)
