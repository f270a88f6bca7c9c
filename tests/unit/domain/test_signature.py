from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.errors import InvalidSignature
from sluice.domain.signature import Datatype, Signature, TensorSpec, inputs_hash
from tests.builders import a_signature

FORM: dict[str, Any] = a_signature().to_dict()
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def form_with(**tensor: Any) -> dict[str, Any]:
    return {**FORM, "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1], **tensor}]}


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ([], r"signature.json holds an object, got \[\]"),
        ({**FORM, "version": "a b"}, r"version: 1 to 64 letters, digits and any of \. _ \+ -, got 'a b'"),
        ({**FORM, "version": ""}, "version: 1 to 64"),
        ({**FORM, "version": "1,2"}, "version: 1 to 64"),
        ({**FORM, "model": 5}, "expected a string, got 5"),
        ({name: FORM[name] for name in ("model", "version", "inputs")}, "lacks 'outputs'"),
        ({**FORM, "inputs": []}, "inputs: at least one tensor is needed"),
        ({**FORM, "inputs": "x"}, "expected a list, got 'x'"),
        ({**FORM, "inputs": ["x"]}, "a tensor is an object, got 'x'"),
        ({**FORM, "inputs": FORM["inputs"] * 2}, r"inputs: names must differ, got \['x', 'x'\]"),
        ({**FORM, "classes": 3}, "expected a list, got 3"),
        ({**FORM, "inputs": [{"name": "x", "shape": [-1]}]}, "a tensor lacks 'datatype'"),
        (form_with(name=""), "a tensor needs a name"),
        (form_with(name=7), "expected a string, got 7"),
        (form_with(datatype="float"), "'float' is not a valid Datatype"),
        (form_with(datatype=["FP32"]), "tensor 'x': "),
        (form_with(shape="12"), "tensor 'x': "),
        (form_with(shape=[-1, 2.5]), "'float' object cannot be interpreted as an integer"),
        (form_with(shape=[-2]), r"x: a dimension is -1 \(any\) or a length, got \[-2\]"),
        (form_with(datatype="INT64", optional=True), "x: INT64 has no way to say 'missing'"),
        (form_with(minimum=0), r"minimum and maximum are for outputs, not for the inputs \['x'\]"),
        (form_with(datatype="BYTES", maximum=1), "x: minimum and maximum are for numbers, not for BYTES"),
        (form_with(minimum=2, maximum=1), r"x: minimum 2.0 is more than maximum 1.0"),
        (form_with(minimum="0"), "tensor 'x': expected a number, got '0'"),
        (form_with(maximum=True), "tensor 'x': expected a number, got True"),
        (form_with(maximum=float("nan")), "tensor 'x': expected a number, got nan"),
    ],
)
def test_a_signature_that_contradicts_itself_says_where(form: Any, reason: str) -> None:
    with pytest.raises(InvalidSignature, match=reason):
        Signature.from_dict(form)


@settings(max_examples=100, deadline=None)
@given(
    anything
    | st.fixed_dictionaries({"model": anything, "version": anything, "inputs": anything, "outputs": anything})
    | st.builds(form_with, name=st.text(max_size=3), datatype=st.sampled_from(Datatype) | anything, shape=anything)
)
def test_any_json_is_a_signature_or_an_invalid_one(form: Any) -> None:
    try:
        signature = Signature.from_dict(form)
    except InvalidSignature:
        return

    assert Signature.from_dict(signature.to_dict()) == signature


@pytest.mark.parametrize(
    ("datatype", "size"),
    [("BOOL", 1), ("UINT8", 1), ("INT16", 2), ("FP16", 2), ("FP32", 4), ("INT64", 8), ("BYTES", 0)],
)
def test_datatypes_know_their_bytes_on_the_wire(datatype: str, size: int) -> None:
    assert Datatype(datatype).size == size


def test_datatypes_know_their_kind() -> None:
    assert [datatype for datatype in Datatype if datatype.is_float] == ["FP16", "FP32", "FP64"]
    assert sum(datatype.is_integer for datatype in Datatype) == 8


@pytest.mark.parametrize(
    ("shape", "concrete", "fits"),
    [
        ((-1, 3), (5, 3), True),
        ((-1, 3), (5, 4), False),
        ((-1, 3), (5,), False),
        ((2, -1), (2, 9), True),
        ((), (), True),
    ],
)
def test_a_shape_admits_what_differs_only_in_free_dimensions(
    shape: tuple[int, ...], concrete: tuple[int, ...], *, fits: bool
) -> None:
    assert TensorSpec("x", Datatype.FP32, shape).admits(concrete) is fits


def test_a_model_accepts_what_another_takes_when_their_inputs_agree() -> None:
    temp, wind = TensorSpec("temp", Datatype.FP32, (-1,)), TensorSpec("wind", Datatype.FP32, (-1,))

    assert a_signature(temp, wind).accepts_all_of(a_signature(wind, temp))
    assert not a_signature(temp).accepts_all_of(a_signature(temp, wind))


def test_inputs_have_one_hash_in_whatever_order_they_stand() -> None:
    temp, wind = TensorSpec("temp", Datatype.FP32, (-1,)), TensorSpec("wind", Datatype.FP32, (-1,))

    assert inputs_hash(a_signature(temp, wind)) == inputs_hash(a_signature(wind, temp))
    assert inputs_hash(a_signature(temp, wind)) == "56bb50e4fc4b59d9"  # registered versions carry it for good


@pytest.mark.parametrize(
    "other",
    [
        TensorSpec("dew", Datatype.FP32, (-1,)),
        TensorSpec("temp", Datatype.FP64, (-1,)),
        TensorSpec("temp", Datatype.FP32, (-1, 1)),
        TensorSpec("temp", Datatype.FP32, (-1,), optional=True),
    ],
)
def test_the_hash_tells_inputs_apart_that_do_not_accept_the_same(other: TensorSpec) -> None:
    assert inputs_hash(a_signature(other)) != inputs_hash(a_signature(TensorSpec("temp", Datatype.FP32, (-1,))))


def test_bounds_of_an_output_survive_the_json_form() -> None:
    bounded = TensorSpec("p", Datatype.FP32, (-1, 2), minimum=0.0, maximum=1.0)

    assert TensorSpec.from_dict(bounded.to_dict()) == bounded
    assert bounded.to_dict()["minimum"] == 0.0
