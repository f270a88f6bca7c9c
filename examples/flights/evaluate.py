"""How good is a model directory? Measured on the graph that will be served, not on the pipeline it came from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from onnxruntime import InferenceSession
from sklearn.metrics import log_loss, roc_auc_score

from examples.flights.features import CATEGORIES, NUMBERS

CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """What a model's probabilities were worth on flights that landed.

    Attributes:
        flights: Number of flights.
        auc: Chance that a late flight was given a higher probability than one on time.
        log_loss: Mean surprise in nats; lower is better.
        predicted_late: Mean predicted probability of being late.
        were_late: Share of flights that were late.
        calibration_error: Mean distance of predicted and observed share over ten bins of equally many flights.

    """

    flights: int
    auc: float
    log_loss: float
    predicted_late: float
    were_late: float
    calibration_error: float

    @classmethod
    def of(cls, late: "np.ndarray[Any, Any]", probability: "np.ndarray[Any, Any]") -> Self:
        """Compare labels (0, 1) with the probabilities of 1."""
        order = np.argsort(probability, kind="stable")
        bins = np.array_split(order, CALIBRATION_BINS)
        distances = [abs(late[rows].mean() - probability[rows].mean()) for rows in bins]
        return cls(
            flights=len(late),
            auc=float(roc_auc_score(late, probability)),
            log_loss=float(log_loss(late, probability)),
            predicted_late=float(probability.mean()),
            were_late=float(late.mean()),
            calibration_error=float(np.mean(distances)),
        )

    def __str__(self) -> str:
        return (
            f"AUC {self.auc:.3f}, log loss {self.log_loss:.3f}, late: {self.predicted_late:.1%} predicted, "
            f"{self.were_late:.1%} observed, calibration error {self.calibration_error:.1%}"
        )


def probabilities(model_dir: Path, table: pd.DataFrame) -> "np.ndarray[Any, Any]":
    """Run the directory's graph on a table of inputs; FP32 of shape [rows, 2], on time and late."""
    session = InferenceSession(model_dir / "model.onnx", providers=["CPUExecutionProvider"])
    feed = {name: table[[name]].to_numpy(object) for name in CATEGORIES}
    feed |= {name: table[[name]].to_numpy(np.float32) for name in NUMBERS}
    (answer,) = session.run(["probabilities"], feed)
    return np.asarray(answer)
