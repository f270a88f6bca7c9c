"""A data scientist whose model answers numbers: a reference with labels, checks, and reports of how far off it is."""

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sluice.cli.app import main
from sluice.domain.drift.binning import Role
from sluice.domain.drift.sliced import read_sliced
from tests.drift_files import a_model_directory, a_regression, a_table, late_by, write
from tests.functional.cli.test_drift_on_files import Scientist


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory with a reference of 6,000 rows, each with what was true."""
    folder = tmp_path_factory.mktemp("numbers")
    data = write(folder / "training.parquet", rows_of(6000, seed=1))
    options = ["--predict", "--label", "late_by", "--slice", "carrier", "--rows-per-window", "300"]
    directory = a_regression(folder / "model")
    with pytest.raises(SystemExit) as ended:
        main(["reference", "build", "--data", str(data), "--model-dir", str(directory), *options])
    assert not ended.value.code
    return folder


@pytest.fixture
def scientist(built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Scientist:
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    return Scientist(tmp_path, capsys)


def rows_of(rows: int, *, seed: int, shift: float = 0.0, **columns: Any) -> dict[str, Any]:
    table = a_table(rows, seed=seed)
    return table | {"late_by": late_by(table, seed=seed, shift=shift)} | columns


def build(scientist: Scientist, *words: object) -> Any:
    data = scientist.folder / "training.parquet"
    return scientist.sluice("reference", "build", "--data", data, "--model-dir", scientist.model, *words)


def test_a_reference_knows_how_far_off_the_model_was(scientist: Scientist) -> None:
    said = build(scientist, "--predict", "--label", "late_by").out

    assert "5 features of 6,000 rows, 6,000 of them labelled" in said
    assert "mean absolute error 2.39, bias " in said
    assert "nine in ten answers are off by no more than 4." in said
    whole = read_sliced((scientist.model / "reference.json").read_bytes()).whole
    assert [bins.name for bins in whole.binning.features if bins.role is Role.OUTPUT] == ["minutes"]


def test_rows_without_a_label_are_left_out(scientist: Scientist) -> None:
    table = rows_of(400, seed=3)
    table["late_by"][::2] = np.nan
    page = scientist.folder / "report.html"
    for name in ("some.csv", "some.parquet"):
        file = write(scientist.folder / name, table)

        scientist.report(file, "--predict", "--label", "late_by", "--out", page)

        assert "<td>200</td>" in page.read_text(encoding="utf-8")


def test_answers_are_watched_where_they_are_known(scientist: Scientist) -> None:
    table = a_table(1200, seed=21)
    file = write(scientist.folder / "now.csv", table | {"said": 10 * np.log(table["delay"]) + 20})

    asked = scientist.check(file, "--predict", "--json").json
    written = scientist.check(file, "--score", "said", "--json").json
    silent = scientist.check(file)

    assert asked["verdict"] == "pass"
    assert "minutes" in {finding["feature"] for finding in asked["findings"]}
    assert [finding["feature"] for finding in written["windows"][0]["drifted"]] == ["minutes"]
    assert (silent.code, "the model's answers are not looked at" in silent.out) == (0, True)


def test_a_report_tells_how_far_off_the_model_is_now_and_was(scientist: Scientist) -> None:
    page = scientist.folder / "report.html"
    file = write(scientist.folder / "now.csv", rows_of(1200, seed=21, shift=5))

    done = scientist.report(
        file, "--predict", "--label", "late_by", "--rows-per-window", 600, "--slice", "carrier", "--out", page
    )

    assert done.code == 0, done.err
    markup = page.read_text(encoding="utf-8")
    assert "How far off the model was" in markup
    assert "There: mean absolute error 2.39, bias " in markup
    assert "<td>600</td>" in markup
    assert "Between groups" not in markup
    found = re.findall(r'<th scope="row">carrier (\w\w)</th><td>[45]\.\d+</td><td>2\.\d+</td>', markup)
    assert set(found) >= {"AA", "B6", "DL", "UA"}, "of WN there are few"


def test_labels_without_labels_at_training_measure_nothing_and_that_is_said(scientist: Scientist) -> None:
    built = build(scientist, "--predict", "--json").json
    page = scientist.folder / "report.html"

    done = scientist.report(
        write(scientist.folder / "now.csv", rows_of(600, seed=21)), "--predict", "--label", "late_by", "--out", page
    )

    assert (done.code, built["numbers"], built["labelled_rows"]) == (0, None, 0)
    markup = page.read_text(encoding="utf-8")
    assert "the reference knows no labels, build it with --label" in markup
    assert "How far off the model was" not in markup


BAD: dict[str, tuple[list[str], dict[str, Any], str]] = {
    "words for labels": (["--predict"], {"late_by": ["soon"] * 600}, "holds 'soon': a label of this model is a finite"),
    "flags for labels": (["--predict"], {"late_by": [True] * 600}, "holds True: a label of this model is a finite"),
    "endless labels": (["--predict"], {"late_by": [np.inf] * 600}, "holds inf: a label of this model is a finite"),
    "labels beyond FP32": (["--predict"], {"late_by": [-1e39] * 600}, "holds -1e+39: a label of this model"),
    "labels alone": ([], {}, "--predict asks it"),
    "two columns of answers": (["--score", "label", "--score", "late_by"], {}, "--score names the one column"),
}


@pytest.mark.parametrize("case", BAD)
def test_labels_that_are_no_numbers_are_one_line(scientist: Scientist, case: str) -> None:
    words, columns, said = BAD[case]
    file = write(scientist.folder / "now.parquet", rows_of(600, seed=21, **columns))

    done = scientist.report(file, *words, "--label", "late_by", "--out", scientist.folder / "report.html")

    assert said in done.mistake


def test_no_label_at_all_says_nothing_of_how_far_off_a_model_is(scientist: Scientist) -> None:
    file = write(scientist.folder / "none.parquet", rows_of(400, seed=3, late_by=np.full(400, np.nan)))
    words = ("--data", file, "--model-dir", scientist.model, "--predict", "--label", "late_by")

    assert "no row has a number as a label" in scientist.sluice("reference", "build", *words).mistake


def test_a_reference_of_other_answers_than_the_models_is_refused(scientist: Scientist) -> None:
    a_model_directory(scientist.model)
    assert "knows other answers than the model gives" in scientist.check(scientist.rows(), "--predict").mistake

    a_regression(scientist.model)
    build(scientist)
    assert "build it with `sluice reference build --predict`" in scientist.check(scientist.rows(), "--predict").mistake


def test_an_output_with_the_name_of_an_input_cannot_be_told_apart(scientist: Scientist) -> None:
    signature = scientist.model / "signature.json"
    signature.write_text(signature.read_text(encoding="utf-8").replace('"minutes"', '"delay"'), encoding="utf-8")

    assert "delay is an input and an output" in build(scientist, "--predict").mistake
