"""The step that judges, as a processing job starts it: folders in, a verdict and an exit message out."""

import json
import shutil
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sluice.domain.signature import inputs_hash
from sluice.settings.artifact import Artifact
from tests.drift_files import SIGNATURE, a_model_directory, a_table, write
from training.__main__ import main

ROWS = 3000


@dataclass
class Job:
    """A folder that stands for /opt/ml, with two versions of which one is as good as the other."""

    root: Path

    def place(self, name: str) -> Path:
        return self.root / "processing" / "input" / name

    def give(self, name: str, directory: Path) -> None:
        self.place(name).mkdir(parents=True, exist_ok=True)
        Artifact.read(directory).pack(self.place(name) / "model.tar.gz")

    def run(self, *words: str, version: str = "5") -> dict[str, Any]:
        fixed = ("evaluate", "--label=label", "--version", version)
        assert main([*fixed, *words], {"SLUICE_OPT_ML": str(self.root)}) == 0
        verdict: dict[str, Any] = json.loads((self.out / "verdict.json").read_text())
        return verdict

    @property
    def out(self) -> Path:
        return self.root / "processing" / "output"

    @property
    def message(self) -> str:
        return (self.root / "output" / "message").read_text()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    job = Job(tmp_path / "ml")
    for name, version in {"champion": "4", "candidate": "5"}.items():
        job.give(name, a_model_directory(tmp_path / name, replace(SIGNATURE, version=version)))
    job.place("holdout").mkdir()
    write(job.place("holdout") / "test.parquet", a_table(ROWS, seed=3))
    return job


# One machine's milliseconds are no matter here.
PATIENT = ("--margin=latency_ratio=100", "--margin=batch_latency_ratio=100")


def test_a_version_that_passes_is_packed_with_its_card(job: Job) -> None:
    verdict = job.run("--slice=carrier", *PATIENT)

    assert (verdict["verdict"], job.message) == ("pass", "version 5 passed the gate")
    assert verdict["inputs"] == inputs_hash(SIGNATURE)
    with tarfile.open(job.out / "model.tar.gz") as archive:
        archive.extractall(job.root / "unpacked", filter="data")
    packed = Artifact.read(job.root / "unpacked")
    assert packed.digest == verdict["digest"]
    assert json.loads((packed.directory / "card.json").read_text())["verdict"] == "pass"
    assert (packed.directory / "card.md").read_bytes() == (job.out / "card.md").read_bytes()


def test_what_is_stopped_has_a_card_and_no_archive(job: Job) -> None:
    verdict = job.run(
        "--slice=carrier",
        *PATIENT,
        "--margin=least_slice_rows=50",
        "--margin=size_ratio=0.000001",
        "--margin=least_size_megabytes=0",
    )

    assert verdict["verdict"] == "fail"
    assert job.message.startswith("the gate stopped version 5 for size: size: ")
    assert (job.out / "card.json").exists()
    assert not (job.out / "model.tar.gz").exists()


def test_a_long_reason_is_cut_to_what_sagemaker_keeps(job: Job) -> None:
    long = "5" * 1100

    job.run(version=long)

    assert len(job.message.encode()) <= 1024
    assert job.message.endswith("…")


def test_a_version_that_the_program_calls_otherwise_cannot_be_judged(job: Job) -> None:
    assert job.run(version="6")["verdict"] == "error"
    assert job.message == "version 6 cannot be judged: the training program called it 5 in its signature.json"


def test_a_program_that_leaves_no_model_cannot_be_judged(job: Job, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with tarfile.open(job.place("candidate") / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "empty", ".")

    assert job.run()["verdict"] == "error"
    assert "model.onnx is missing" in job.message


@pytest.mark.parametrize("name", ["candidate", "champion"])
def test_a_damaged_archive_cannot_be_judged(job: Job, name: str) -> None:
    file = job.place(name) / "model.tar.gz"
    file.write_bytes(file.read_bytes()[:40])

    assert job.run()["verdict"] == "error"
    assert f"the archive of the {name} cannot be read: " in job.message


def test_an_archive_that_would_leave_its_folder_is_not_unpacked(job: Job) -> None:
    with tarfile.open(job.place("candidate") / "model.tar.gz", "w:gz") as archive:
        archive.add(job.place("holdout") / "test.parquet", "../escaped")

    assert job.run()["verdict"] == "error"
    assert "the archive of the candidate cannot be read: " in job.message


def test_without_a_holdout_nothing_is_judged(job: Job) -> None:
    shutil.rmtree(job.place("holdout"))

    assert job.run()["verdict"] == "error"
    assert job.message == "version 5 cannot be judged: one file is needed as holdout, got 0"


def test_labels_of_a_single_class_judge_nothing(job: Job) -> None:
    table = a_table(ROWS, seed=3)
    write(job.place("holdout") / "test.parquet", table | {"label": [0] * ROWS})

    assert job.run()["verdict"] == "error"
    assert "of a single class nothing can be judged" in job.message


@pytest.mark.parametrize("margin", ["auk=1", "auc", "auc=much"])
def test_a_margin_that_there_is_not_is_a_mistake(job: Job, margin: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        job.run(f"--margin={margin}")

    assert ended.value.code == 2
    assert "--margin" in capsys.readouterr().err
