import json
from dataclasses import replace
from typing import Any

import pytest

from sluice.domain.drift.build import Choices
from sluice.domain.drift.model_reference import Training, model_reference
from sluice.domain.errors import InvalidReference, UnfitReference
from sluice.domain.reference_fit import Watched, check_fit, check_served
from sluice.domain.signature import Datatype, TensorSpec
from tests.drift_builders import a_reference, some_rows
from tests.drift_files import COLUMN, NUMBERS, SIGNATURE
from tests.number_builders import a_number_reference

FORM: dict[str, Any] = a_reference().to_dict()


def check(signature: Any = SIGNATURE, **changes: Any) -> None:
    check_fit(json.dumps(FORM | changes).encode(), signature)


def other(of: str, **changes: Any) -> list[dict[str, Any]]:
    """The features with one that is different."""
    return [{**each, **changes} if each["name"] == of else each for each in FORM["features"]]


def test_what_is_built_by_a_signature_fits_it() -> None:
    check()
    check_fit(json.dumps(a_number_reference().to_dict()).encode(), NUMBERS)


def test_less_than_the_signature_names_will_do() -> None:
    left = [each for each in FORM["features"] if each["name"] in {"temp", "carrier"}]

    check(features=left, classes=[])


def test_numbers_may_be_counted_as_categories() -> None:
    categories = Choices(categorical=frozenset({"seats"}), draws=0)
    reference = model_reference(SIGNATURE, Training(some_rows(100, seed=1)), choices=categories)

    check_fit(json.dumps(reference.to_dict()).encode(), SIGNATURE)


@pytest.mark.parametrize(
    ("signature", "changes", "said"),
    [
        (
            SIGNATURE,
            {"features": other("temp", name="foo")},
            "the signature has the inputs temp, delay, seats, carrier, and not foo",
        ),
        (
            SIGNATURE,
            {"features": [{"name": f"f{number}", "role": "input", "kind": "numeric"} for number in range(7)]},
            "and not f0, f1, f2, f3, f4 and 2 more",
        ),
        (
            SIGNATURE,
            {"features": other("carrier", kind="numeric")},
            "carrier is BYTES in the signature, and is counted as numbers",
        ),
        (
            replace(SIGNATURE, inputs=(*SIGNATURE.inputs[:3], TensorSpec("carrier", Datatype.FP32, (-1, 8)))),
            {},
            "carrier has several values a row in the signature, and is not watched",
        ),
        (SIGNATURE, {"features": other("seats", role="output")}, "has the outputs probabilities, and not seats"),
        (NUMBERS, {}, "the classes of the signature are none, in this order, those of the reference are on_time, late"),
        (
            replace(SIGNATURE, classes=("late", "on_time")),
            {},
            "the classes of the signature are late, on_time, in this order, those of the reference are on_time, late",
        ),
        (SIGNATURE, {"classes": []}, "has the outputs probabilities, and not score of late, predicted"),
    ],
    ids=["unknown", "many", "kind", "wide", "role", "no classes", "order", "scores of none"],
)
def test_what_differs_from_the_signature_is_named(signature: Any, changes: Any, said: str) -> None:
    with pytest.raises(UnfitReference, match=said):
        check(signature, **changes)


def test_everything_that_differs_stands_in_one_line_with_what_to_do() -> None:
    signature = replace(NUMBERS, inputs=(TensorSpec("x", Datatype.FP32, COLUMN),))

    with pytest.raises(UnfitReference) as refused:
        check(signature)

    told = str(refused.value)
    assert told.startswith("it is not of this model: the signature has the inputs x, and not temp, delay, seats, carr")
    assert "; the classes of the signature are none" in told
    assert told.endswith(". Build it anew with `sluice reference build`")
    assert "\n" not in told


@pytest.mark.parametrize(
    "text", ["{", "[" * 100_000, "[]", "{}", '{"features": 3, "classes": []}', '{"features": [3], "classes": []}']
)
def test_what_is_no_reference_is_none(text: str) -> None:
    with pytest.raises(InvalidReference, match=r"reference\.json is no") as refused:
        check_fit(text.encode(), SIGNATURE)

    assert not isinstance(refused.value, UnfitReference)


def test_of_a_served_version_only_what_is_promised_of_it_is_asked() -> None:
    swapped, bins = replace(SIGNATURE, classes=("late", "on_time")), a_reference().binning.to_dict()

    check_served(Watched.from_dict(bins), "6", swapped)
    with pytest.raises(UnfitReference, match="classes"):
        check_served(Watched.from_dict(bins), swapped.version, swapped)
    with pytest.raises(UnfitReference, match="not temp"):
        check_served(Watched.from_dict(bins), "6", replace(SIGNATURE, inputs=SIGNATURE.inputs[1:]))
