"""The step that judges, as a processing job starts it: folders in, a verdict and an exit message out."""

import hashlib
import json
import shutil
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sluice.domain.signature import Datatype, TensorSpec, inputs_hash
from sluice.settings.artifact import Artifact
from tests.drift_builders import a_reference
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


CASE = """\
checks:
  nobody-with-a-short-delay-is-late:
    inputs: {temp: null, delay: 0.5, seats: 4, carrier: AA}
    label: %s
"""


def give_checks(job: Job, text: str) -> None:
    job.place("checks").mkdir()
    (job.place("checks") / "5f0c.yaml").write_text(text)


def test_a_check_that_fails_is_named_wherever_the_verdict_is_told(job: Job) -> None:
    give_checks(job, CASE % "late")

    verdict = job.run(*PATIENT)

    assert verdict["verdict"] == "fail"
    assert job.message.startswith(
        "the gate stopped version 5 for check nobody-with-a-short-delay-is-late: check nobody"
    )
    assert "late was expected, on_time is answered" in verdict["reason"]
    assert (
        "check nobody-with-a-short-delay-is-late: late was"
        in json.loads((job.out / "card.json").read_text())["reasons"][0]
    )


def test_a_version_that_does_what_is_expected_passes(job: Job) -> None:
    give_checks(job, CASE % "on_time")

    assert job.run(*PATIENT)["verdict"] == "pass"
    findings = json.loads((job.out / "card.json").read_text())["findings"]
    assert "nobody-with-a-short-delay-is-late" in {each["of"] for each in findings}


def test_checks_that_no_version_could_be_asked_judge_nothing(job: Job) -> None:
    give_checks(job, CASE % "early")

    assert job.run()["verdict"] == "error"
    assert "must be one of on_time, late, got early" in job.message


def give_reference(job: Job, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "candidate/reference.json").write_bytes(content)
    job.give("candidate", tmp_path / "candidate")


def test_the_verdict_says_which_reference_comes_along_and_how_good_the_version_is(job: Job, tmp_path: Path) -> None:
    text = json.dumps(a_reference().to_dict()).encode()
    without = job.run(*PATIENT)
    give_reference(job, tmp_path, text)

    verdict = job.run(*PATIENT)

    assert (without["reference"], without["reference_sha256"]) == ("no", "-")
    assert (verdict["reference"], verdict["reference_sha256"]) == ("yes", hashlib.sha256(text).hexdigest())
    assert 0.5 < float(verdict["auc"]) < 1
    assert float(verdict["log_loss"]) > float(verdict["brier"]) > 0


def test_values_of_sensitive_inputs_leave_with_no_reference(job: Job, tmp_path: Path) -> None:
    text = json.dumps(a_reference().to_dict()).encode()
    give_reference(job, tmp_path, text)

    verdict = job.run(*PATIENT, "--sensitive=carrier")

    with tarfile.open(job.out / "model.tar.gz") as archive:
        member = archive.extractfile("reference.json")
        assert member is not None
        packed = member.read()
    assert verdict["reference_sha256"] == hashlib.sha256(packed).hexdigest()
    assert b"B6" in text
    assert b"B6" not in packed


def test_a_reference_that_is_none_stops_a_version(job: Job, tmp_path: Path) -> None:
    give_reference(job, tmp_path, b"{}")

    assert job.run()["verdict"] == "error"
    assert job.message.startswith("version 5 cannot be judged: ")


def test_a_reference_of_another_model_stops_a_version(job: Job, tmp_path: Path) -> None:
    form = {**a_reference().to_dict(), "classes": ["late", "on_time"]}
    give_reference(job, tmp_path, json.dumps(form).encode())

    assert job.run()["verdict"] == "error"
    assert "those of the reference are late, on_time" in job.message


def test_a_candidate_that_is_no_onnx_cannot_be_judged(job: Job, tmp_path: Path) -> None:
    (tmp_path / "candidate/model.onnx").write_bytes(b"no graph")
    job.give("candidate", tmp_path / "candidate")

    assert job.run()["verdict"] == "error"
    assert "model.onnx cannot be loaded" in job.message


def test_a_candidate_with_another_signature_cannot_be_judged(job: Job, tmp_path: Path) -> None:
    wind = TensorSpec("wind", Datatype.FP32, (-1, 1))
    other = replace(SIGNATURE, version="5", inputs=(*SIGNATURE.inputs, wind))
    job.give("candidate", a_model_directory(tmp_path / "other", other))

    assert job.run()["verdict"] == "error"
    assert "another signature than the champion: inputs wind differ" in job.message


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
