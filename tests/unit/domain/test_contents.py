import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.contents import METRICS, REFERENCE, SIGNATURE, Bins, File, read_contents
from tests.builders import a_signature

FILES = {"model.onnx": File(9, "ab")}
BINS = [
    {"name": "carrier", "kind": "categorical", "categories": ["UA", "B6"]},
    {"name": "temp", "kind": "numeric", "low": 0.0, "edges": [1.5], "high": 9.0},
]


def said(name: str, form: Any) -> dict[str, bytes]:
    return {name: json.dumps(form).encode()}


def test_what_describes_a_version_is_read() -> None:
    texts = {
        **said(SIGNATURE, a_signature().to_dict()),
        **said(METRICS, {"auc": 0.7}),
        **said(REFERENCE, {"features": BINS}),
        "model.onnx": b"\x00",
    }

    contents = read_contents(FILES, texts)

    assert (contents.signature, contents.metrics, contents.notes) == (a_signature(), {"auc": 0.7}, ())
    assert contents.bins == {
        "carrier": Bins("categorical", ("UA", "B6")),
        "temp": Bins("numeric", ("0.0", "1.5", "9.0")),
    }


def test_a_version_needs_no_file_but_its_graph() -> None:
    contents = read_contents(FILES, {})

    assert (contents.files, contents.signature, contents.metrics, contents.bins) == (FILES, None, {}, None)


def test_metrics_are_the_finite_numbers_wherever_they_stand() -> None:
    form = {"auc": 1, "by": {"carrier": {"UA": 0.5}, "name": "UA"}, "is_good": True, "rows": [1], "far": 10**400}
    text = json.dumps(form).replace('"UA"}', "NaN}")

    assert read_contents({}, {METRICS: text.encode()}).metrics == {"auc": 1.0, "by.carrier.UA": 0.5}


@pytest.mark.parametrize(
    ("name", "text", "note"),
    [
        (SIGNATURE, b"{", "signature.json is not JSON"),
        (SIGNATURE, b"{}", "signature.json: signature.json lacks 'model'"),
        (METRICS, b"[" * 100_000, "metrics.json is not JSON"),
        (METRICS, b"\xff", "metrics.json is not JSON"),
        (REFERENCE, b"{}", "reference.json is no reference: 'features'"),
        (REFERENCE, b'{"features": [3]}', "reference.json is no reference"),
    ],
)
def test_what_cannot_be_read_is_a_note(name: str, text: bytes, note: str) -> None:
    (found,) = read_contents(FILES, {name: text}).notes

    assert found.startswith(note)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["features", "name", "kind", "categories", "edges", "low", "high", "inputs"]), inner
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.sampled_from([SIGNATURE, METRICS, REFERENCE]), JSON | st.binary())
def test_no_file_of_anybody_breaks_the_reading(name: str, form: Any) -> None:
    text = form if isinstance(form, bytes) else json.dumps(form).encode()

    contents = read_contents(FILES, {name: text})

    assert contents.files == FILES
    assert len(contents.notes) <= 1
