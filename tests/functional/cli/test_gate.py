"""A data scientist with a candidate: two model directories, a file of labelled rows, and no cloud."""

import json
import re
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from sluice.cli.app import main
from sluice.domain.signature import Datatype, TensorSpec
from sluice.settings.artifact import Artifact
from tests.drift_files import SIGNATURE, a_model_directory, a_table, write
from tests.functional.cli.operating import Done

ROWS = 3000
CHECKS = """\
checks:
  a-short-delay-is-made-good:
    inputs: {temp: null, delay: 0.5, seats: 4, carrier: AA}
    label: on_time
  the-longer-the-delay-the-likelier-late:
    inputs: {delay: 1, seats: 4, carrier: AA}
    monotone: {input: delay, values: [1, 2, 4, 8, 16], probability_of: late}
  nobody-asks-for-the-carrier:
    inputs: {delay: 5, seats: 4, carrier: AA}
    unmoved_by: {input: carrier, values: [B6, DL]}
"""
Change = Callable[[Path], object]


@dataclass
class Scientist:
    """Runs `sluice gate` in a folder with two versions, of which the second is as good as the first."""

    folder: Path
    captured: pytest.CaptureFixture[str]

    @property
    def candidate(self) -> Path:
        return self.folder / "candidate"

    @property
    def holdout(self) -> Path:
        return self.folder / "holdout.parquet"

    def gate(self, *words: object, label: str = "label") -> Done:
        fixed = ("gate", self.candidate, "--champion", self.folder / "champion", "--data", self.holdout)
        code = 0
        try:
            main([*map(str, (*fixed, "--label", label, *words))])
        except SystemExit as ended:
            code = int(ended.code or 0)
        read = self.captured.readouterr()
        return Done(code, read.out, read.err)

    def rows(self, **columns: Any) -> None:
        write(self.holdout, a_table(ROWS, seed=3) | columns)


@pytest.fixture
def scientist(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Scientist:
    a_model_directory(tmp_path / "champion", replace(SIGNATURE, version="4"))
    a_model_directory(tmp_path / "candidate")
    monkeypatch.chdir(tmp_path)
    found = Scientist(tmp_path, capsys)
    found.rows()
    return found


def spoil(directory: Path) -> None:
    """Has the classes of the graph the wrong way round."""
    model = onnx.load(directory / "model.onnx")
    last = model.graph.node[-1]
    last.CopyFrom(helper.make_node("Concat", list(last.input)[::-1], ["probabilities"], axis=1))
    (directory / "model.onnx").write_bytes(model.SerializeToString())


def test_a_candidate_that_is_as_good_passes_and_its_card_goes_with_it(scientist: Scientist) -> None:
    (scientist.folder / "checks.yaml").write_text(CHECKS, encoding="utf-8")

    done = scientist.gate("--slice", "carrier", "--group", "carrier", "--checks", "checks.yaml", "--out", "candidate")

    assert done.code == 0, done.out + done.err
    assert done.err == ""
    assert done.out.startswith(
        "flights version 5 beside version 4, on 3,000 labelled rows of holdout.parquet: PASSED\n"
    )
    assert "  pass: check a-short-delay-is-made-good: as expected (3 passed, this is the closest call)" in done.out
    assert "too few rows to judge: carrier WN (" in done.out
    card = json.loads((scientist.candidate / "card.json").read_text(encoding="utf-8"))
    assert (card["verdict"], card["version"], card["reasons"]) == ("pass", "5", [])
    assert "| carrier AA | pass |" in (scientist.candidate / "card.md").read_text(encoding="utf-8")

    packed = scientist.folder / "model.tar.gz"
    Artifact.read(scientist.candidate).pack(packed)
    with tarfile.open(packed) as archive:
        assert {"card.json", "card.md", "model.onnx", "signature.json"} == set(archive.getnames())


def test_a_candidate_that_is_worse_is_stopped_and_everything_that_stops_it_is_told(scientist: Scientist) -> None:
    spoil(scientist.candidate)
    (scientist.folder / "checks.yaml").write_text(CHECKS, encoding="utf-8")

    done = scientist.gate("--slice", "carrier", "--checks", "checks.yaml")

    assert done.code == 1
    assert "STOPPED: worse than allowed" in done.out
    assert re.search(
        r"^  fail: auc: worse than allowed: 0\.\d+, the champion's 0\.\d+: difference -0", done.out, re.MULTILINE
    )
    assert "  fail: slice carrier AA: worse than allowed" in done.out
    assert "  fail: check a-short-delay-is-made-good: on_time was expected, late is answered" in done.out
    assert "interval" in done.out


def test_programs_are_told_the_card(scientist: Scientist) -> None:
    done = scientist.gate("--json", "--out", "card")

    assert done.json["format"] == "sluice-model-card/1"
    assert done.json["files"] == ["card/card.md", "card/card.json"]
    assert done.json["candidate"]["model_onnx_bytes"] == (scientist.candidate / "model.onnx").stat().st_size
    assert {each["subject"] for each in done.json["findings"]} >= {"auc", "log_loss", "latency", "robustness"}


def test_margins_are_those_of_the_models_in_sluice_yaml(scientist: Scientist) -> None:
    settings = """\
models:
  flights:
    variants: {champion: {artifact: champion, weight: 100}}
    capture: {sensitive: [carrier]}
    gate: {least_size_megabytes: 0, size_ratio: 0.5}
"""
    (scientist.folder / "sluice.yaml").write_text(settings, encoding="utf-8")
    (scientist.folder / "other.yaml").write_text(settings.replace("flights", "trains"), encoding="utf-8")

    here, other = scientist.gate(), scientist.gate("--config", "other.yaml")
    told, missing = scientist.gate("--slice", "carrier"), scientist.gate("--config", "none.yaml")

    assert (here.code, other.code) == (1, 0)
    assert "fail: size: " in here.out
    assert (told.code, missing.code) == (2, 2)
    assert told.err == "sluice: carrier is in capture.sensitive of sluice.yaml: a card tells its values\n"
    assert missing.err.startswith("sluice: none.yaml:1: sluice.yaml: cannot be read")


def test_checks_are_those_of_the_model_in_sluice_yaml_unless_others_are_named(scientist: Scientist) -> None:
    (scientist.folder / "deployment").mkdir()
    config = scientist.folder / "deployment/sluice.yaml"
    variants = "{champion: {artifact: champion, weight: 100}}"
    config.write_text(f"models: {{flights: {{variants: {variants}, gate: {{checks: sure.yaml}}}}}}", encoding="utf-8")
    (config.parent / "sure.yaml").write_text(CHECKS.replace("label: on_time", "label: late"), encoding="utf-8")
    (scientist.folder / "others.yaml").write_text(CHECKS, encoding="utf-8")

    declared, others = scientist.gate("--config", config), scientist.gate("--config", config, "--checks", "others.yaml")

    assert (declared.code, others.code) == (1, 0)
    assert "fail: check a-short-delay-is-made-good: late was expected" in declared.out


def test_columns_by_which_nothing_is_large_enough_cannot_be_judged(scientist: Scientist) -> None:
    scientist.rows(tail=[f"N{row}" for row in range(ROWS)])

    done = scientist.gate("--slice", "tail")

    assert done.code == 2
    assert "error: slice tail: no value has 300 labelled rows: nothing can be judged by it" in done.out


def with_inputs(*specs: TensorSpec) -> Change:
    def change(folder: Path) -> None:
        a_model_directory(folder / "candidate", replace(SIGNATURE, inputs=(*SIGNATURE.inputs, *specs)))

    return change


def without_classes(folder: Path) -> None:
    for name in ("candidate", "champion"):
        a_model_directory(folder / name, replace(SIGNATURE, classes=()))


def holdout(**columns: Any) -> Change:
    return lambda folder: write(folder / "holdout.parquet", a_table(ROWS, seed=3) | columns)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            with_inputs(TensorSpec("wind", Datatype.FP32, (-1, 1))),
            r"the candidate has another signature than the champion: inputs wind differ",
        ),
        (
            lambda folder: (folder / "candidate/model.onnx").write_bytes(b"no graph"),
            r"candidate/model.onnx cannot be loaded: ",
        ),
        (lambda folder: (folder / "candidate/model.onnx").unlink(), r"candidate/model.onnx cannot be loaded: "),
        (lambda folder: shutil.rmtree(folder / "candidate"), r"candidate/signature.json cannot be read \(No such file"),
        (without_classes, r"the champion's signature names no classes: the gate judges classifiers"),
        (holdout(label=[1] * ROWS), r"every label of the holdout is late: of a single class nothing can be judged"),
        (holdout(label=[None] * ROWS), r"no row of the holdout has a label: are the labels those of other rows\?"),
        (holdout(label=[7] * ROWS), r"label holds '7': a label is one of on_time, late, or its place, 0 to 1"),
        (
            lambda folder: write(folder / "holdout.parquet", {name: [] for name in a_table(1, seed=3)}),
            r"holdout.parquet has no rows: nothing can be said about it",
        ),
        (
            lambda folder: write(folder / "holdout.parquet", a_table(200, seed=3)),
            r"200 rows of the holdout have a label .*: at least 300 are needed",
        ),
        (lambda folder: (folder / "holdout.parquet").unlink(), r"holdout.parquet is not there"),
    ],
)
def test_what_cannot_be_judged_is_told_in_one_line(scientist: Scientist, change: Change, said: str) -> None:
    change(scientist.folder)

    done = scientist.gate()

    assert done.code == 2, done.out
    assert done.out == ""
    assert re.search(said, done.err), done.err
    assert len(done.err.splitlines()) == 1


def test_labels_of_other_rows_are_told_by_neither_version_knowing_them(scientist: Scientist) -> None:
    scientist.rows(label=np.random.default_rng(1).permutation(a_table(ROWS, seed=3)["label"]))

    done = scientist.gate()

    assert done.code == 2
    assert "are not shown to be above chance (0.5): are the labels those of other rows?" in done.out


def test_words_that_do_not_fit_are_told_in_one_line(scientist: Scientist) -> None:
    (scientist.folder / "checks.yaml").write_text(CHECKS.replace("on_time", "early"), encoding="utf-8")
    (scientist.folder / "file").write_text("", encoding="utf-8")

    unknown, column = scientist.gate("--checks", "checks.yaml"), scientist.gate("--slice", "airline")
    feature, place = scientist.gate(label="delay"), scientist.gate("--out", "file")

    assert unknown.err == (
        "sluice: checks.yaml:4: checks.a-short-delay-is-made-good.label: must be one of on_time, late, got early\n"
    )
    assert "holdout.parquet lacks airline" in column.err
    assert feature.err.startswith("sluice: delay: a feature")
    assert place.err == "sluice: file cannot be written: File exists\n"
    assert {done.code for done in (unknown, column, feature, place)} == {2}
