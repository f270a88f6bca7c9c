"""What is to be known of a version, and may it take the champion's place? A model card, in numbers.

Mitchell and others, Model cards for model reporting, FAT* 2019: what a model is, on what it was measured, how it does
on all rows and on parts of them, and what to mind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.finding import GateFinding, Subject, worst
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.slices import Unjudged
from sluice.domain.signature import Signature

FORMAT = "sluice-model-card/1"


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was compared.

    Attributes:
        signature: What it takes and gives.
        digest: SHA-256 of its graph.
        size: Bytes of its graph.

    """

    signature: Signature
    digest: str
    size: int

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"signature": self.signature.to_dict(), "model_onnx_sha256": self.digest, "model_onnx_bytes": self.size}


@dataclass(frozen=True, slots=True)
class Holdout:
    """The rows that both were judged on.

    Attributes:
        name: Of the file.
        digest: SHA-256 of it.
        rows: All of them.
        judged: Those with a label and with usable answers of both.
        by_class: Those judged, by class.
        block_rows: How many of them a block has, about: consecutive rows that may depend on each other.

    """

    name: str
    digest: str
    rows: int
    judged: int
    by_class: Mapping[str, int]
    block_rows: int

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.name,
            "sha256": self.digest,
            "rows": self.rows,
            "rows_judged": self.judged,
            "rows_judged_by_class": dict(self.by_class),
            "block_rows": self.block_rows,
        }


@dataclass(frozen=True, slots=True)
class Card:
    """The card.

    Attributes:
        candidate: What is judged.
        champion: Beside what.
        holdout: On what.
        findings: Everything that was judged, by subject; of each the worst first.
        unjudged: Slices, and rates of groups, with too few rows.
        margins: By what.
        judged_at: When.

    """

    candidate: Version
    champion: Version
    holdout: Holdout
    findings: tuple[GateFinding, ...]
    unjudged: tuple[Unjudged, ...]
    margins: Margins
    judged_at: datetime

    @property
    def verdict(self) -> Verdict:
        """Pass only where everything passed."""
        return worst(self.findings)

    @property
    def stopped_by(self) -> list[GateFinding]:
        """What did not pass, the worst first."""
        stopping = [each for each in self.findings if each.verdict is not Verdict.PASS]
        return sorted(stopping, key=lambda each: -each.verdict.severity)

    def of(self, subject: Subject) -> list[GateFinding]:
        """What was found of one subject."""
        return [each for each in self.findings if each.subject is subject]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "format": FORMAT,
            "model": self.candidate.signature.model,
            "version": self.candidate.signature.version,
            "verdict": self.verdict.value,
            "reasons": [f"{each.name}: {each.reason}" for each in self.stopped_by],
            "judged_at": self.judged_at.isoformat(),
            "candidate": self.candidate.to_dict(),
            "champion": self.champion.to_dict(),
            "holdout": self.holdout.to_dict(),
            "margins": self.margins.to_dict(),
            "findings": [each.to_dict() for each in self.findings],
            "not_judged": [each._asdict() for each in self.unjudged],
        }
