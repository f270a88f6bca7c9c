"""How does training go on after an interruption? Trees are grown some rounds at a time, and kept after each time."""

import hashlib
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline

from model_container import log
from model_container.checkpoint import write_whole

ROUNDS_AT_ONCE = 25  # the rows are binned anew each time: 0.1 s for 100,000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was reached.

    Attributes:
        file: Where it is kept.
        of: What is trained, rows and settings; a checkpoint of anything else is not gone on from.

    """

    file: Path
    of: str

    def load(self) -> Pipeline | None:
        """What was saved; None without that. Unpickles: the folder must be the job's own."""
        try:
            of, pipeline = pickle.loads(self.file.read_bytes())  # noqa: S301  written by this job, in its own folder
        except FileNotFoundError:
            return None
        return pipeline if of == self.of else None

    def save(self, pipeline: Pipeline) -> None:
        """Keep this in place of what was saved before."""
        write_whole(self.file, pickle.dumps((self.of, pipeline)))


def fingerprint(*tables: pd.DataFrame, settings: Any) -> str:
    """The same for the same rows and settings only."""
    digest = hashlib.sha256(repr(settings).encode())
    for table in tables:
        digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def grow(pipeline: Pipeline, inputs: pd.DataFrame, labels: "pd.Series[int]", checkpoint: Checkpoint) -> Pipeline:
    """Train boosted trees, going on from the checkpoint: the same trees as those of one call of ``fit``."""
    rounds = pipeline[-1].max_iter
    kept = checkpoint.load()
    if kept is None:
        kept, table = pipeline, pipeline[:-1].fit_transform(inputs, labels)
    else:
        table = kept[:-1].transform(inputs)
        log.log("training.resumed", rounds=kept[-1].n_iter_)
    model = kept[-1].set_params(warm_start=True)
    reached = getattr(model, "n_iter_", 0)
    for target in [*range(reached + ROUNDS_AT_ONCE, rounds, ROUNDS_AT_ONCE), rounds]:
        model.set_params(max_iter=target).fit(table, labels)
        checkpoint.save(kept)
    return kept
