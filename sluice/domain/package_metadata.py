"""What does the metadata of a registered version say that SageMaker does not? Names of its entries, and their alphabet.

SageMaker's CustomerMetadataMap and CustomerMetadataValue:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
"""

import re
from collections.abc import Mapping

VERSION = "sluice-version"
"""As answers name it."""
INPUTS = "sluice-inputs"
"""Hash of its signature's inputs."""
DIGEST = "sluice-digest"
"""Hash of its files."""
REFERENCE = "sluice-reference"
"""Whether a reference came with it, by which its drift is judged: yes or no."""
REFERENCE_SHA256 = "sluice-reference-sha256"
"""Of one that a pipeline made: the hash of the reference.json in its archive, which is still to be put where drift is
judged by it; ``NOTHING`` where it has none."""
WHY = "sluice-why"
"""Why it was trained."""
DATA = "sluice-data"
"""S3 URL of the folder with what it learnt from."""
ROWS = "sluice-rows"
"""How many rows that are, with those it was validated and judged by."""
EXECUTION = "sluice-execution"
"""Which execution of a pipeline made it."""
COMMIT = "sluice-commit"
"""Commit of the checkout that the pipeline was deployed from."""
TRAINING_IMAGE = "sluice-training-image"
"""The container image that the program ran in."""
AUC, LOG_LOSS, BRIER = "sluice-auc", "sluice-log-loss", "sluice-brier"
"""What the gate measured of it, on the holdout."""
DECIDED = "sluice-decided"
"""Who approved or rejected it with Sluice."""

_MADE = {
    "learnt": DATA,
    "rows": ROWS,
    "trained": WHY,
    "execution": EXECUTION,
    "commit": COMMIT,
    "trained in": TRAINING_IMAGE,
    "auc": AUC,
    "log loss": LOG_LOSS,
    "brier": BRIER,
}

NOTHING = "-"
"""An entry has at least one character."""
MOST_ENTRIES = 50
CONTENT_TYPES = ("application/json", "application/octet-stream")
"""What a version takes and answers."""

_LONGEST = 256  # characters
_REFUSED = re.compile(r"[^\w .:/=+\-@]")


def as_metadata(text: str) -> str:
    """A text as the registry's metadata can hold it: other characters become ``-``, and the end is cut off."""
    return _REFUSED.sub("-", text)[:_LONGEST] or NOTHING


def made_of(metadata: Mapping[str, str]) -> dict[str, str]:
    """How a version came about and how good the gate found it, by names for people; nothing of one made elsewhere.

    >>> made_of({"sluice-version": "7", "sluice-why": "drift of temp", "sluice-auc": "0.71"})
    {'trained': 'drift of temp', 'auc': '0.71'}
    """
    return {name: metadata[entry] for name, entry in _MADE.items() if metadata.get(entry, NOTHING) != NOTHING}
