"""What do tests of the gate have in common? Rows with labels, and two models' answers to them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.column import Codes
from sluice.domain.gate.scored import Scored

CARRIERS = ("AA", "B6", "DL")


def odds(rows: int, *, seed: int) -> Any:
    """What a perfect model knows of each row: log odds of being late, and whether it was."""
    generator = np.random.default_rng(seed)
    known = generator.normal(-1, 1.5, rows)
    return known, (generator.random(rows) < 1 / (1 + np.exp(-known))).astype(np.int64)


def answers_of(known: Any) -> Answers:
    """Probabilities of two classes, by log odds of the second."""
    late = 1 / (1 + np.exp(-np.asarray(known, dtype=np.float64)))
    return Answers.most_probable(np.stack([1 - late, late], axis=1))


def scored(rows: int = 3000, *, seed: int = 1, spoil: float = 0.0, noise: float = 0.3) -> Scored:
    """Two models that each know the odds but for some noise; the candidate's is ``spoil`` larger."""
    known, labels = odds(rows, seed=seed)
    generator = np.random.default_rng(seed + 1000)
    champion = known + generator.normal(0, noise, rows)
    candidate = known + generator.normal(0, noise + spoil, rows)
    return Scored.of(labels, answers_of(candidate), answers_of(champion))[0]


def carriers(rows: int, *, shares: Sequence[float] = (0.5, 0.4, 0.1), seed: int = 5) -> Codes:
    """A carrier for each row."""
    return Codes(np.random.default_rng(seed).choice(len(shares), rows, p=shares), CARRIERS)
