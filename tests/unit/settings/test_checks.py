"""What can be written in a checks.yaml, and what is said of what cannot."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.domain.gate.checks import Labelled, Monotone, Unmoved
from sluice.domain.signature import Datatype, Signature, TensorSpec
from sluice.settings.checks import load_checks
from sluice.settings.mistake import Problem
from sluice.settings.source import InvalidSettings

SIGNATURE = Signature(
    model="flights",
    version="1",
    inputs=(
        TensorSpec("temp", Datatype.FP32, (-1, 1), optional=True),
        TensorSpec("carrier", Datatype.BYTES, (-1, 1)),
    ),
    outputs=(TensorSpec("probabilities", Datatype.FP32, (-1, 2)),),
    classes=("on_time", "late"),
)
CHECKS = """\
checks:
  cold:
    inputs: {temp: -20, carrier: AA}
    label: late
"""


def problems(text: str, folder: Path) -> list[str]:
    file = folder / "checks.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSettings) as invalid:
        load_checks(file, SIGNATURE)
    return [line.removeprefix(f"{file}:") for line in str(invalid.value).splitlines()]


def test_each_kind_of_expectation_is_read(tmp_path: Path) -> None:
    file = tmp_path / "checks.yaml"
    rest = """\
  whoever-flies:
    inputs: {temp: null, carrier: AA}
    unmoved_by: {input: carrier, values: [B6, DL]}
  the-colder-the-later:
    inputs: {carrier: AA}
    monotone: {input: temp, values: [50, 0, null], probability_of: late, direction: falling, tolerance: 0.01}
"""
    file.write_text(CHECKS + rest, encoding="utf-8")

    assert load_checks(file, SIGNATURE) == {
        "cold": Labelled({"temp": -20, "carrier": "AA"}, "late"),
        "whoever-flies": Unmoved({"temp": None, "carrier": "AA"}, "carrier", ("B6", "DL")),
        "the-colder-the-later": Monotone(
            {"carrier": "AA"}, "temp", (50, 0, None), "late", is_rising=False, tolerance=0.01
        ),
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (CHECKS, "", "1: checks.yaml: is empty; it needs at least `checks:`"),
        (CHECKS, "checks: {}\n", "1: checks: must hold at least one"),
        ("    label: late\n", "", "2: checks.cold: one of label, unmoved_by and monotone says what is expected, got 0"),
        ("late", "later", "4: checks.cold.label: must be one of on_time, late, got later"),
        ("temp: -20", "temp: cold", "3: checks.cold.inputs.temp: must be a finite FP32 number or null, got 'cold'"),
        (
            "temp: -20, carrier",
            "dest",
            "3: checks.cold.inputs.dest: must be one of the fields ['carrier', 'temp'], got 'AA'",
        ),
        (
            "{temp: -20, carrier: AA}",
            "{temp: -20}",
            "3: checks.cold.inputs.carrier: must be a string, got nothing: the field is missing",
        ),
        (
            "label",
            "lable",
            "4: checks.cold.lable: there is no such setting; there are inputs, label, unmoved_by, monotone",
        ),
        (
            "label: late",
            "monotone: {input: wind, values: [1, 2], probability_of: late}",
            "4: checks.cold.monotone.input: must be one of temp, carrier, got wind",
        ),
        (
            "label: late",
            "monotone: {input: temp, values: [1, 2], probability_of: soon}",
            "4: checks.cold.monotone.probability_of: must be one of on_time, late, got soon",
        ),
        (
            "label: late",
            "monotone: {input: temp, values: [1, 2], probability_of: late, direction: up}",
            "4: checks.cold.monotone.direction: must be 'rising' or 'falling', got up",
        ),
        (
            "label: late",
            "unmoved_by: {input: temp, values: [1, hot]}",
            "4: checks.cold.unmoved_by.values.1: must be a finite FP32 number or null, got 'hot'",
        ),
        (
            "label: late",
            "unmoved_by: {input: carrier, values: [NO, 7]}",
            "4: checks.cold.unmoved_by.values.0: must be a string, got false",
        ),
    ],
)
def test_what_cannot_be_asked_says_where_and_what_is_allowed(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert said in problems(CHECKS.replace(old, new), tmp_path)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"none\.yaml:1: checks.yaml: cannot be read: No such file"):
        load_checks(tmp_path / "none.yaml", SIGNATURE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.sampled_from([*CHECKS.splitlines(keepends=True), "  ", "temp: {", "[", "null", "- 1", ":", "é"])))
def test_any_text_is_checks_or_problems_on_lines_of_the_file(tmp_path: Path, parts: list[str]) -> None:
    file = tmp_path / "checks.yaml"
    file.write_text("".join(parts), encoding="utf-8")

    found: Sequence[Problem] = ()
    try:
        load_checks(file, SIGNATURE)
    except InvalidSettings as invalid:
        found = invalid.problems

    assert all(1 <= each.line <= len(parts) + 1 and each.message for each in found)
