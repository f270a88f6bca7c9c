"""May what a training job made take the champion's place? The gate, on the holdout, and a verdict for a pipeline.

Folders below /opt/ml/processing: ``input/candidate``, ``input/champion`` (an archive each), ``input/holdout`` (a file);
``output`` gets verdict.json, the card, and the archive of a version that has passed, with its card in it.
"""

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
from sluice.domain.gate.margins import Margins
from sluice.domain.signature import inputs_hash
from sluice.domain.training.pipeline import ARCHIVE_FILE, VERDICT_FILE
from sluice.domain.training.refusal import not_judged
from sluice.settings.artifact import Artifact, InvalidModel
from training.exit_message import say


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

    """

    label: str
    version: str
    slices: tuple[str, ...]
    groups: tuple[str, ...]


def evaluate(root: Path, words: Words, margins: Margins) -> int:
    """Judge, and write down what came of it; 0, since a verdict is no failure of the job."""
    out = root / "processing" / "output"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            candidate = _candidate(root, Path(folder) / "candidate", words.version)
            card = _judge(root, Path(folder), words, margins)
            write(card, candidate.directory)
            artifact = Artifact.read(candidate.directory)  # as it is with its card
        except (SluiceError, UsageProblem, InvalidModel) as wrong:
            _tell(root, {"verdict": Verdict.ERROR.value}, not_judged(words.version, str(wrong)))
            return 0
        write(card, out)
        if card.verdict is Verdict.PASS:
            artifact.pack(out / ARCHIVE_FILE)
        found = {"inputs": inputs_hash(artifact.signature), "digest": artifact.digest}
        _tell(root, {"verdict": card.verdict.value, **found}, _message(card))
    return 0


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
        checks=None,
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
    files = [file for file in (root / "processing" / "input" / name).rglob("*") if file.is_file()]
    if len(files) != 1:
        raise CannotBeJudged(f"one file is needed as {name}, got {len(files)}")
    return files[0]


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
