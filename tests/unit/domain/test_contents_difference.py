from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.contents import Bins, Contents, File
from sluice.domain.contents_difference import Change, Difference, difference
from sluice.domain.signature import Datatype, TensorSpec
from tests.builders import a_signature

X, Z = TensorSpec("x", Datatype.FP32, (-1,)), TensorSpec("z", Datatype.INT64, (-1, 2))
SIGNATURE = a_signature(X, Z)
CONTENTS = Contents(
    files={"model.onnx": File(9, "ab"), "signature.json": File(5, "cd")},
    signature=SIGNATURE,
    metrics={"auc": 0.7},
    bins={"x": Bins("numeric", ("0", "1", "2"))},
)


def test_a_version_does_not_differ_from_itself() -> None:
    assert difference(CONTENTS, CONTENTS) == Difference((), (), (), (), (), ())


def test_inputs_that_came_went_or_changed_are_told() -> None:
    wider = replace(X, optional=True)
    after = replace(CONTENTS, signature=a_signature(wider, TensorSpec("new", Datatype.BYTES, (-1, 1))))

    found = difference(CONTENTS, after)

    assert found.inputs == (
        Change("x", {"datatype": "FP32", "shape": [-1]}, {"datatype": "FP32", "shape": [-1], "optional": True}),
        Change("z", {"datatype": "INT64", "shape": [-1, 2]}, None),
        Change("new", None, {"datatype": "BYTES", "shape": [-1, 1]}),
    )
    assert (found.outputs, found.order) == ((), ())


def test_outputs_classes_and_the_order_of_columns_are_told() -> None:
    outputs = (TensorSpec("y", Datatype.FP64, (-1,)),)
    after = replace(CONTENTS, signature=replace(a_signature(Z, X), outputs=outputs, classes=("a", "b")))

    found = difference(CONTENTS, after)

    assert found.inputs == ()
    assert found.outputs == (Change("y", {"datatype": "FP32", "shape": [-1]}, {"datatype": "FP64", "shape": [-1]}),)
    assert found.order == (Change("inputs", ["x", "z"], ["z", "x"]), Change("classes", [], ["a", "b"]))


def test_metrics_files_and_bins_are_told() -> None:
    after = Contents(
        files={"model.onnx": File(9, "ef"), "metrics.json": File(3, "01")},
        signature=SIGNATURE,
        metrics={"auc": 0.8, "brier": 0.1},
        bins={"x": Bins("numeric", ("0", "1.5", "2"))},
    )

    found = difference(CONTENTS, after)

    assert found.metrics == (Change("auc", 0.7, 0.8), Change("brier", None, 0.1))
    assert [change.name for change in found.files] == ["model.onnx", "signature.json", "metrics.json"]
    assert found.files[0].after == {"size": 9, "sha256": "ef"}
    assert found.bins == (
        Change("x", {"kind": "numeric", "cuts": ["0", "1", "2"]}, {"kind": "numeric", "cuts": ["0", "1.5", "2"]}),
    )


def test_what_nothing_describes_differs_in_everything_that_is_described() -> None:
    bare = Contents(files={}, signature=None, metrics={}, bins=None)

    found = difference(bare, CONTENTS)

    assert [change.name for change in found.inputs] == ["x", "z"]
    assert found.order == ()
    assert [change.before for change in (*found.inputs, *found.outputs, *found.bins)] == [None] * 4


NUMBERS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([0.0, 0.5, 1.0]))


@given(NUMBERS, NUMBERS)
def test_a_difference_backwards_is_the_same_backwards(one: dict[str, float], two: dict[str, float]) -> None:
    before, after = (replace(CONTENTS, metrics=metrics) for metrics in (one, two))

    there, back = difference(before, after).metrics, difference(after, before).metrics

    assert {(each.name, each.before, each.after) for each in there} == {
        (each.name, each.after, each.before) for each in back
    }
    assert {each.name for each in there} == {name for name in {*one, *two} if one.get(name) != two.get(name)}
