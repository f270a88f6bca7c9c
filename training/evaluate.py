"""May what a training job made take the champion's place? The gate, on the holdout, and a verdict for a pipeline.

Folders below /opt/ml/processing: ``input/candidate``, ``input/champion`` (an archive each), ``input/holdout`` (a file),
``input/checks`` (a checks.yaml, if there is one); ``output`` gets verdict.json, the card, and the archive of a
version that has passed, with its card in it.
"""

import hashlib
import json
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from sluice.cli.gate_files import Words as GateWords
from sluice.cli.gate_files import judge
from sluice.cli.show_gate import write
from sluice.cli.target import UsageProblem
from sluice.domain.errors import SluiceError
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.card import Card
from sluice.domain.gate.finding import Subject
from sluice.domain.gate.margins import Margins
from sluice.domain.package_metadata import NOTHING
from sluice.domain.reference_fit import check_fit
from sluice.domain.signature import inputs_hash
from sluice.domain.training.pipeline import ARCHIVE_FILE, VERDICT_FILE
from sluice.domain.training.refusal import not_judged
from sluice.service.keep_reference import without_values
from sluice.settings.artifact import Artifact, InvalidModel
from sluice.settings.source import InvalidSettings
from training.exit_message import say

MEASURED = (Subject.AUC, Subject.LOG_LOSS, Subject.BRIER)


class CannotBeJudged(SluiceError):
    """What the job was given is not what can be judged."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the step was told.

    Attributes:
        label: Column of the true class.
        version: What the candidate is to be called.
        slices: Columns to slice by.
        groups: Columns of groups.
        sensitive: Inputs whose values are kept nowhere.

    """

    label: str
    version: str
    slices: tuple[str, ...]
    groups: tuple[str, ...]
    sensitive: tuple[str, ...] = ()


def evaluate(root: Path, words: Words, margins: Margins) -> int:
    """Judge, and write down what came of it; 0, since a verdict is no failure of the job."""
    out = root / "processing" / "output"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            candidate = _candidate(root, Path(folder) / "candidate", words.version)
            reference = _keep_reference(candidate, words.sensitive)
            card = _judge(root, Path(folder), words, margins)
            write(card, candidate.directory)
            artifact = Artifact.read(candidate.directory)  # as it is with its card
        except (SluiceError, UsageProblem, InvalidModel, InvalidSettings) as wrong:
            _tell(root, {"verdict": Verdict.ERROR.value}, not_judged(words.version, str(wrong)))
            return 0
        write(card, out)
        if card.verdict is Verdict.PASS:
            artifact.pack(out / ARCHIVE_FILE)
        found = {"inputs": inputs_hash(artifact.signature), "digest": artifact.digest, **reference, **_measured(card)}
        _tell(root, {"verdict": card.verdict.value, **found}, _message(card))
    return 0


def _keep_reference(candidate: Artifact, sensitive: tuple[str, ...]) -> dict[str, str]:
    """Take values of sensitive inputs out of its reference, and say which it is: whoever releases it goes by the hash.

    Raises InvalidReference.
    """
    file = candidate.reference
    if file is None:
        return {"reference": "no", "reference_sha256": NOTHING}
    content = file.read_bytes()
    check_fit(content, candidate.signature)
    content = without_values(content, sensitive)
    file.write_bytes(content)
    return {"reference": "yes", "reference_sha256": hashlib.sha256(content).hexdigest()}


def _measured(card: Card) -> dict[str, str]:
    """How good it is on the holdout, as the registry is to tell it."""
    found = {subject.value: card.of(subject) for subject in MEASURED}
    numbers = {name: each[0].candidate if each else None for name, each in found.items()}
    return {name: NOTHING if number is None else f"{number:.4g}" for name, number in numbers.items()}


def _candidate(root: Path, target: Path, version: str) -> Artifact:
    """What was trained. Raises CannotBeJudged or InvalidModel."""
    artifact = Artifact.read(_unpacked(root, "candidate", target))
    if artifact.signature.version != version:
        raise CannotBeJudged(f"the training program called it {artifact.signature.version} in its signature.json")
    return artifact


def _judge(root: Path, folder: Path, words: Words, margins: Margins) -> Card:
    champion = Artifact.read(_unpacked(root, "champion", folder / "champion"))
    told = GateWords(
        candidate=folder / "candidate",
        champion=champion.directory,
        data=_only_file(root, "holdout"),
        label=words.label,
        slices=words.slices,
        groups=words.groups,
        checks=_only_file(root, "checks") if _input(root, "checks").is_dir() else None,
        config=None,
    )
    return judge(told, margins)


def _unpacked(root: Path, name: str, target: Path) -> Path:
    """The archive among the inputs of a name, unpacked; nothing leaves the folder. Raises CannotBeJudged."""
    file = _only_file(root, name)
    try:
        with tarfile.open(file, mode="r:gz") as archive:
            archive.extractall(target, filter="data")
    except (tarfile.TarError, zlib.error, OSError, EOFError) as damaged:
        raise CannotBeJudged(f"the archive of the {name} cannot be read: {damaged}") from damaged
    return target


def _only_file(root: Path, name: str) -> Path:
    files = [file for file in _input(root, name).rglob("*") if file.is_file()]
    if len(files) != 1:
        raise CannotBeJudged(f"one file is needed as {name}, got {len(files)}")
    return files[0]


def _input(root: Path, name: str) -> Path:
    return root / "processing" / "input" / name


def _message(card: Card) -> str:
    signature = card.candidate.signature
    if card.verdict is Verdict.PASS:
        return f"version {signature.version} passed the gate"
    names = ", ".join(each.name for each in card.stopped_by)  # all of them first: the end may be cut off
    reasons = "; ".join(f"{each.name}: {each.reason}" for each in card.stopped_by)
    return f"the gate stopped version {signature.version} for {names}: {reasons}"


def _tell(root: Path, verdict: dict[str, str], message: str) -> None:
    """For the pipeline's condition a file, for people the job's exit message."""
    form = {**verdict, "reason": message}
    (root / "processing" / "output" / VERDICT_FILE).write_text(json.dumps(form, indent=2) + "\n", encoding="utf-8")
    say(root, message)
