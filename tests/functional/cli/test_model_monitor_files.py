"""A user of SageMaker Model Monitor moves: their baseline, files of rows, and the tools that read its files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sluice.cli.app import main
from sluice.domain.errors import UnfitReference
from sluice.domain.reference_fit import check_fit
from sluice.domain.signature import Signature
from tests.functional.cli.operating import Done
from tests.model_monitor_baseline import CONSTRAINTS, STATISTICS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where they work: a baseline, a quiet file and one of a heat wave."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "statistics.json").write_text(json.dumps(STATISTICS))
    (tmp_path / "constraints.json").write_text(json.dumps(CONSTRAINTS))
    for name, mean in (("quiet", 50.0), ("warm", 75.0)):
        temp = np.random.default_rng(1).normal(mean, 5, 400).clip(21, 89)
        lines = [f"{degrees:.2f},{'UA' if place % 5 < 2 else 'AA'}" for place, degrees in enumerate(temp)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["temp,carrier", *lines]) + "\n")
    return tmp_path


@pytest.fixture
def sluice(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> Done:
        code = 0
        try:
            main([*words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        read = capsys.readouterr()
        return Done(code, read.out, read.err)

    return run


IMPORT = ("reference", "import", "--statistics", "statistics.json", "--constraints", "constraints.json")
CHECK = ("drift", "check", "--reference", "reference.json", "--data")


def test_rows_are_judged_by_a_baseline_of_model_monitor(sluice: Any, folder: Path) -> None:
    imported = sluice(*IMPORT)
    warm = sluice(*CHECK, "warm.csv", "--violations", "constraint_violations.json")

    assert (imported.code, imported.out.splitlines()[0]) == (0, "reference.json: 2 features of 1,000 rows")
    assert warm.code == 1
    (violation,) = json.loads((folder / "constraint_violations.json").read_text())["violations"]
    assert violation["feature_name"] == "temp"
    assert violation["constraint_check_type"] == "baseline_drift_check"
    assert "temp" in violation["description"]


def test_what_has_not_drifted_violates_nothing(sluice: Any, folder: Path) -> None:
    sluice(*IMPORT)

    quiet = sluice(*CHECK, "quiet.csv", "--without", "temp", "--violations", "constraint_violations.json")

    assert quiet.code == 0
    assert json.loads((folder / "constraint_violations.json").read_text()) == {"violations": []}


def test_a_column_that_is_no_input_is_left_out(sluice: Any, folder: Path) -> None:
    """A baseline of training data has the label, too: a model's monitor would miss it in every request."""
    form = {"name": "temp", "datatype": "FP32", "shape": [-1, 1]}
    signature = Signature.from_dict(
        {"model": "m", "version": "1", "inputs": [form], "outputs": [{**form, "name": "y"}], "classes": []}
    )
    sluice(*IMPORT)
    with pytest.raises(UnfitReference, match="not carrier"):
        check_fit((folder / "reference.json").read_bytes(), signature)

    left = sluice(*IMPORT, "--without", "carrier")

    assert left.out.splitlines()[0] == "reference.json: 1 features of 1,000 rows"
    check_fit((folder / "reference.json").read_bytes(), signature)


def test_there_and_back_the_numbers_are_kept(sluice: Any, folder: Path) -> None:
    sluice(*IMPORT)

    exported = sluice("reference", "export", "--reference", "reference.json", "--out", "ours", "--json")
    again = sluice("reference", "import", "--statistics", "ours/statistics.json", "--constraints",
                   "ours/constraints.json", "--out", "again.json")  # fmt: skip

    assert json.loads(exported.out) == {"files": ["ours/statistics.json", "ours/constraints.json"]}
    assert again.code == 0
    assert (folder / "again.json").read_bytes() == (folder / "reference.json").read_bytes()
    statistics = json.loads((folder / "ours/statistics.json").read_text())
    assert statistics["dataset"]["item_count"] == STATISTICS["dataset"]["item_count"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("import", "--statistics", "none.json"), "none.json cannot be read"),
        (("import", "--statistics", "quiet.csv"), "quiet.csv is not JSON"),
        (("import", "--statistics", "constraints.json"), "is no baseline of Model Monitor"),
        (("import", "--statistics", "empty.json"), "features: at least one"),
        (("import", "--statistics", "statistics.json", "--out", "no/where.json"), "no/where.json cannot be written"),
        ((*IMPORT[1:], "--without", "late"), "--without late: the baseline has temp, carrier"),
        ((*IMPORT[1:], "--without", "temp", "--without", "carrier"), "nothing is left to look at"),
        (("export", "--reference", "none.json"), "`sluice reference build` writes one"),
        (("export", "--reference", "quiet.csv"), "quiet.csv is no reference"),
        (("export", "--reference", "reference.json", "--out", "quiet.csv"), "quiet.csv cannot be made"),
    ],
)
def test_what_cannot_be_read_or_written_is_told_in_one_line(
    sluice: Any, folder: Path, words: tuple[str, ...], told: str
) -> None:
    sluice(*IMPORT)
    (folder / "empty.json").write_text('{"dataset": {"item_count": 5}, "features": []}')

    refused = sluice("reference", *words)

    assert refused.code == 2
    assert told in refused.err
    assert len(refused.err.splitlines()) == 1
