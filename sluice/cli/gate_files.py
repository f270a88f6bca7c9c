"""What does the gate make of two model directories and a file of rows?"""

import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path

from sluice.cli.drift_answers import Answering
from sluice.cli.drift_source import Data, kinds_of, read_signature
from sluice.cli.target import UsageProblem
from sluice.clock import utc_now
from sluice.data_file.model import Model
from sluice.domain.gate.card import Card, Version
from sluice.domain.gate.margins import Margins
from sluice.domain.signature import Signature
from sluice.service.drift_rows import Rows, joined
from sluice.service.gate_candidate import Contender, Pair, Wanted, check_alike, gate_candidate
from sluice.settings.checks import load_checks
from sluice.settings.gate import Gate
from sluice.settings.source import load


@dataclass(frozen=True, slots=True)
class Words:
    """What the command was told.

    Attributes:
        candidate: A model directory.
        champion: A model directory.
        data: The holdout.
        label: Its column of true classes.
        slices: Columns to slice by.
        groups: Columns of groups.
        checks: A checks.yaml, if there is one.
        config: A sluice.yaml, if there is one.

    """

    candidate: Path
    champion: Path
    data: Path
    label: str
    slices: tuple[str, ...]
    groups: tuple[str, ...]
    checks: Path | None
    config: Path | None


def judge_files(words: Words) -> Card:
    """Read, ask, compare. Raises UsageProblem, UnreadableFile, InvalidSettings or GateRefused."""
    settings = _settings(words, read_signature(words.candidate))
    if words.config and settings.checks and words.checks is None:
        words = replace(words, checks=words.config.parent / settings.checks)
    return judge(words, settings.to_margins())


def judge(words: Words, margins: Margins) -> Card:
    """The same by margins that are known. Raises UsageProblem, UnreadableFile, InvalidSettings or GateRefused."""
    signature, champions = read_signature(words.candidate), read_signature(words.champion)
    check_alike(signature, champions)
    checks = load_checks(words.checks, signature) if words.checks else {}
    candidate, champion = Model.load(words.candidate, signature), Model.load(words.champion, champions)
    rows = _rows(words, champion)
    wanted = Wanted(words.data.name, _sha256(words.data), words.slices, words.groups, checks, margins)
    pair = Pair(_contender(candidate, words.candidate), _contender(champion, words.champion))
    return gate_candidate(pair, rows, wanted, clock=time.perf_counter, now=utc_now())


def _rows(words: Words, champion: Model) -> Rows:
    columns = tuple(dict.fromkeys((*words.slices, *words.groups)))
    data = Data(words.data, words.label, slices=columns)
    inputs = kinds_of(champion.signature.inputs)
    return joined(list(data.rows(inputs, Answering.by_signature(champion.signature), champion)))


def _contender(model: Model, directory: Path) -> Contender:
    graph = directory / "model.onnx"
    version = Version(model.signature, _sha256(graph), graph.stat().st_size)
    return Contender(version, model.output, model.ask, model.prepare)


def _settings(words: Words, signature: Signature) -> Gate:
    """What a sluice.yaml says of the model; the usual where there is none, or it does not know the model."""
    settings = load(words.config) if words.config else None
    model = settings.models.get(signature.model) if settings else None
    if model is None:
        return Gate()
    told = sorted({*words.slices, *words.groups} & set(model.capture.sensitive))
    if told:
        raise UsageProblem(f"{', '.join(told)} is in capture.sensitive of {words.config}: a card tells its values")
    return model.gate


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
