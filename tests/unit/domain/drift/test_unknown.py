import zlib
from collections import Counter
from dataclasses import replace
from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.drift.binning import CategoricalBins, Role
from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.column import Column
from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.unknown import MOST_WORDS, Unknown, Words, together, unknown_words
from sluice.domain.drift.unknown_wire import decode_unknown, encode_unknown
from sluice.domain.errors import InvalidSummary
from tests.drift_builders import a_reference, some_answers

REFERENCE = build_reference({"tail": ["N1", "N2"] * 50, "temp": [1.0, 2.0] * 50}, seed=1, choices=Choices(draws=0))
BINNING = REFERENCE.binning
PIECES = st.lists(st.lists(st.sampled_from([f"X{number}" for number in range(20)] + ["N1"]), max_size=60), max_size=6)
UNKNOWN = st.dictionaries(
    st.text(min_size=1, max_size=9),
    st.builds(Words, st.integers(0, 1 << 40), st.dictionaries(st.text(max_size=9), st.integers(0, 99), max_size=8)),
    max_size=5,
)


def found(tails: list[object]) -> Unknown:
    columns: dict[str, Column] = {"tail": tails}
    return unknown_words(BINNING, columns, None, summary=summarise(BINNING, columns))


def test_unknown_words_are_counted_the_most_frequent_first() -> None:
    words = found(["QQ", "N1", "ZZ", "ZZ", None, 7, 0.5])

    assert words == {"tail": Words(4, {"ZZ": 2, "7": 1, "QQ": 1})}
    assert list(words["tail"].counts) == ["ZZ", "7", "QQ"]
    assert words["tail"].short == 0


def test_known_ones_and_numbers_are_not() -> None:
    columns: dict[str, Column] = {"tail": ["N1", None], "temp": [3.0, 4.0]}

    assert unknown_words(BINNING, columns, None, summary=summarise(BINNING, columns)) == {}


def test_a_long_word_is_cut() -> None:
    (word,) = found(["x" * 500])["tail"].counts

    assert word == "x" * 63 + "…"


def test_of_many_words_that_are_equally_frequent_some_are_known() -> None:
    words = found([f"X{number:02}" for number in range(30)])["tail"]

    assert words == Words(30, {f"X{number:02}": 0 for number in range(8)})
    assert words.short == 3


@given(PIECES, st.randoms(use_true_random=False))
def test_in_any_order_a_count_is_at_most_so_much_too_low(pieces: list[list[object]], random: object) -> None:
    truth = Counter(word for piece in pieces for word in piece if word != "N1")
    parts = [found(piece) for piece in pieces]
    random.shuffle(parts)  # type: ignore[attr-defined]

    kept = together(parts).get("tail", Words(0, {}))

    assert kept.rows == truth.total()
    assert len(kept.counts) <= MOST_WORDS
    assert kept.short <= kept.rows // (MOST_WORDS + 1)
    assert all(count <= truth[word] <= count + kept.short for word, count in kept.counts.items())
    assert all(rows <= kept.short for word, rows in truth.items() if word not in kept.counts)
    if len(truth) <= MOST_WORDS:
        assert kept.counts == truth


@given(PIECES)
def test_two_are_added_in_either_order(pieces: list[list[object]]) -> None:
    words = [found(piece).get("tail", Words(0, {})) for piece in pieces]

    assert reduce(add, words[::-1], Words(0, {})).rows == reduce(add, words, Words(0, {})).rows
    assert all(one + other == other + one for one in words for other in words)


def test_a_class_that_the_reference_does_not_know_is_an_unknown_word() -> None:
    known = tuple(bins for bins in a_reference().binning.features if bins.name != "predicted")
    binning = replace(a_reference().binning, features=(*known, CategoricalBins("predicted", ("on_time",), Role.OUTPUT)))
    answers, _ = some_answers(100, seed=1)

    words = unknown_words(binning, {}, answers, summary=summarise(binning, {}, answers))

    late = int(answers.predicted.sum())
    assert words == {"predicted": Words(late, {"late": late})}


def test_of_a_sensitive_input_no_word_is_kept() -> None:
    hidden = presence_only(SlicedReference(REFERENCE), {"tail"}).whole.binning
    columns = {"tail": ["1970-01-01", "N1"]}

    summary = summarise(hidden, columns)

    assert summary.counts[hidden.features_at[0]].tolist() == [2, 0, 0]
    assert unknown_words(hidden, columns, None, summary=summary) == {}


@given(UNKNOWN)
def test_what_is_written_is_read_again(unknown: Unknown) -> None:
    assert decode_unknown(encode_unknown(unknown, most=100_000)) == unknown


@given(UNKNOWN, st.integers(0, 60))
def test_of_what_would_be_too_large_features_with_the_fewest_are_left_out(unknown: Unknown, most: int) -> None:
    data = encode_unknown(unknown, most=most)

    kept = decode_unknown(data)
    assert len(data) <= max(most, len(encode_unknown({}, most=0)))
    assert kept == {name: unknown[name] for name in kept}
    left_out = [unknown[name].rows for name in unknown.keys() - kept.keys()]
    assert min((words.rows for words in kept.values()), default=1 << 41) >= max(left_out, default=0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x09abc",
        b"\x01abc",
        *(b"\x01" + zlib.compress(form) for form in (b"{", b"[]", b'{"a": 1}', b'{"a": [1, 2]}', b'{"a": [1]}')),
    ],
)
def test_bytes_of_something_else_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidSummary):
        decode_unknown(data)
