import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.assignment import BUCKETS, assign, bucket, spans

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "assignment.json").read_text())
UNITS = [f"unit-{number}" for number in range(20_000)]
bounded = settings(max_examples=100, deadline=None)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@st.composite
def weight_tables(draw: st.DrawFn, challengers: tuple[str, ...] = ("challenger", "challenger-2")) -> dict[str, int]:
    left, weights = 100, {}
    for challenger in challengers:
        weights[challenger] = draw(st.integers(0, left))
        left -= weights[challenger]
    return {"champion": left, **weights}


@pytest.mark.parametrize("vector", VECTORS["buckets"], ids=lambda v: f"{v['salt']}:{v['unit']:.12}")
def test_a_unit_falls_into_the_same_bucket_for_ever(vector: dict[str, Any]) -> None:
    assert bucket(vector["unit"], vector["salt"]) == vector["bucket"]


@pytest.mark.parametrize("vector", VECTORS["assignments"], ids=lambda v: str(v["weights"]))
def test_a_unit_is_assigned_the_same_variant_for_ever(vector: dict[str, Any]) -> None:
    assigned = {unit: assign(unit, vector["salt"], vector["weights"]) for unit in vector["assigned"]}

    assert assigned == vector["assigned"]


@bounded
@given(weight_tables(("challenger", "challenger-2", "challenger-3", "challenger-4")))
def test_every_bucket_belongs_to_exactly_one_variant(weights: dict[str, int]) -> None:
    owned = sorted((span.first, span.end) for span in spans(weights) if span.first < span.end)

    assert owned[0][0] == 0
    assert owned[-1][1] == BUCKETS
    assert all(end == first for (_, end), (first, _) in pairwise(owned))
    assert {span.variant: (span.end - span.first) / 100 for span in spans(weights)} == weights


@bounded
@given(texts, texts, weight_tables())
def test_every_unit_gets_one_variant_of_those_with_weight(unit: str, salt: str, weights: dict[str, int]) -> None:
    assert weights[assign(unit, salt, weights)] > 0


@pytest.mark.parametrize("salt", ["flights", "churn"])
@pytest.mark.parametrize(
    "weights",
    [
        {"champion": 90, "challenger": 10},
        {"champion": 50, "challenger": 50},
        {"champion": 70, "challenger": 20, "challenger-2": 10},
    ],
    ids=str,
)
def test_shares_of_units_match_the_weights(salt: str, weights: dict[str, int]) -> None:
    assigned = [assign(unit, salt, weights) for unit in UNITS]

    expected = {variant: len(UNITS) * weight / 100 for variant, weight in weights.items()}
    chi_square = sum((assigned.count(variant) - count) ** 2 / count for variant, count in expected.items())
    assert chi_square < 13.8  # p > 0.001 with two degrees of freedom; the units are fixed, so it never changes


@bounded
@given(st.data())
def test_a_growing_challenger_gives_no_unit_back(data: st.DataObject) -> None:
    before = data.draw(weight_tables())
    grown = data.draw(st.sampled_from(["challenger", "challenger-2"]))
    more = data.draw(st.integers(0, before["champion"]))
    after = {**before, "champion": before["champion"] - more, grown: before[grown] + more}

    moves = {(assign(unit, "s", before), assign(unit, "s", after)) for unit in UNITS[:300]}

    assert {(old, new) for old, new in moves if old != new} <= {("champion", grown)}


@bounded
@given(weight_tables(("challenger-2",)), st.sampled_from(["challenger", "challenger-3"]))
def test_an_empty_slot_that_joins_moves_nobody(weights: dict[str, int], joining: str) -> None:
    joined = {**weights, joining: 0}

    assert [assign(unit, "s", weights) for unit in UNITS[:300]] == [assign(unit, "s", joined) for unit in UNITS[:300]]


def test_another_salt_reshuffles_the_units() -> None:
    half = {"champion": 50, "challenger": 50}

    moved = sum(assign(unit, "january", half) != assign(unit, "february", half) for unit in UNITS[:4000])

    assert 1800 < moved < 2200
