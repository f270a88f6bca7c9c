import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.drift.binning import Binning, NumericBins
from sluice.domain.drift.outcomes import count_outcomes, no_outcomes
from sluice.domain.drift.outcomes_wire import decode_outcomes, encode_outcomes
from sluice.domain.errors import InvalidSummary, ReferenceMismatch
from tests.drift_builders import a_reference, some_answers

BINNING = a_reference().binning
PLAIN = Binning((NumericBins("x", (), 0.0, 0.0),))


@given(st.integers(0, 500), st.integers(0, 1000))
def test_what_is_written_is_read(rows: int, seed: int) -> None:
    answers, labels = some_answers(rows, seed=seed)
    outcomes = count_outcomes(BINNING, answers, labels)

    assert decode_outcomes(encode_outcomes(outcomes), BINNING) == outcomes


def test_an_hour_is_a_few_hundred_bytes() -> None:
    answers, labels = some_answers(1000, seed=5)

    assert len(encode_outcomes(count_outcomes(BINNING, answers, labels))) < 600


@given(st.binary(max_size=60))
def test_damaged_bytes_are_told(damaged: bytes) -> None:
    with pytest.raises((InvalidSummary, ReferenceMismatch)):
        decode_outcomes(damaged, BINNING)
    with pytest.raises(InvalidSummary, match="no outcomes"):
        decode_outcomes(bytes.fromhex(BINNING.id) + damaged, BINNING)


@pytest.mark.parametrize("form", [None, [], {}, {"confusion": [], "scores": []}, {"confusion": 1, "scores": 1}])
def test_another_form_is_told(form: object) -> None:
    packed = zlib.compress(json.dumps(form).encode())

    with pytest.raises(InvalidSummary, match="no outcomes"):
        decode_outcomes(bytes.fromhex(BINNING.id) + packed, BINNING)


def test_outcomes_of_other_bins_are_refused() -> None:
    with pytest.raises(ReferenceMismatch):
        decode_outcomes(encode_outcomes(no_outcomes(PLAIN)), BINNING)


def test_what_was_counted_can_be_taken_back_exactly() -> None:
    one, other = (count_outcomes(BINNING, *some_answers(50, seed=seed)) for seed in (1, 2))

    assert one + other - other == one
    with pytest.raises(InvalidSummary):
        _ = one - other
    with pytest.raises(ReferenceMismatch):
        _ = one - no_outcomes(PLAIN)
