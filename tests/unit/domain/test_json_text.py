import json
from math import inf, isnan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.json_text import read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_json_writes_is_read_as_json_reads_it(value: Any) -> None:
    text = json.dumps(value)

    assert repr(read_json(text)) == repr(json.loads(text))
    assert repr(read_json(text.encode())) == repr(json.loads(text))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='[]{}",:0123456789.eE+- tfnaNIu\\', max_size=12))
def test_what_is_no_json_is_refused_as_json_refuses_it(text: str) -> None:
    try:
        wanted = repr(json.loads(text))
    except ValueError as wrong:
        with pytest.raises(type(wrong)):
            read_json(text)
    else:
        assert repr(read_json(text)) == wanted


def test_the_last_of_two_equal_keys_counts() -> None:
    assert read_json('{"temp": 1, "temp": 2}') == {"temp": 2}


def test_python_writes_nan_and_infinity_and_they_are_read() -> None:
    found = read_json('{"temp": NaN, "seats": Infinity, "delay": -Infinity}')

    assert isnan(found["temp"])
    assert (found["seats"], found["delay"]) == (inf, -inf)


def test_a_whole_number_beyond_64_bits_is_read_as_a_float() -> None:
    assert read_json("18446744073709551615") == 18446744073709551615
    assert repr(read_json("18446744073709551616")) == "1.8446744073709552e+19"
    assert repr(read_json("-9223372036854775809")) == "-9.223372036854776e+18"


@pytest.mark.parametrize("text", ['"\\ud800"', '"a"'.encode("utf-16"), "1e400", b'\xef\xbb\xbf"a"'])
def test_what_only_python_reads_is_left_to_it(text: str | bytes) -> None:
    assert read_json(text) == json.loads(text)


@pytest.mark.parametrize("text", ["", "{", b"\xff\xfe\x00"])
def test_what_is_none_raises_what_json_raises(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_json(text)


def test_what_is_too_deep_is_told_as_that() -> None:
    with pytest.raises(RecursionError):
        read_json("[" * 100_000)


def test_no_text_at_all_is_a_mistake_of_type() -> None:
    with pytest.raises(TypeError):
        read_json(None)  # type: ignore[arg-type]
