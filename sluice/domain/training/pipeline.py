"""What is a model's training pipeline called, what is it told, and where does it put what it makes?

Whoever starts an execution and whoever declares the pipeline go by this.
"""

DATA = "Data"
"""``CAPTURED``, or S3 URL of the folder with data assembled before, without a slash at the end."""
VERSION = "Version"
"""What the new version is called."""
CHAMPION = "Champion"
"""``SERVING``, or S3 URL of the archive of the version that it may replace."""
REASON = "Reason"
"""Why it was started: letters, digits, spaces and . : / = + - @ _, as the registry's metadata may hold."""

CAPTURED = "captured"
"""The pipeline assembles by itself what it learns from."""
SERVING = "serving"
"""The pipeline looks up what the endpoint serves as champion."""

OWN_HYPERPARAMETERS = frozenset({"sluice_program", "label", "version"})
"""What the pipeline tells the training program by itself."""

VERDICT_FILE, VERDICT_PASSED = "verdict.json", "pass"
ARCHIVE_FILE = "model.tar.gz"
ASSEMBLED_FILE, CHAMPION_FILE = "assembled.json", "champion.tar.gz"


def pipeline_name(deployment: str, model: str) -> str:
    """The pipeline of a model.

    >>> pipeline_name("sluice", "flights")
    'sluice-flights-training'
    """
    return f"{deployment}-{model}-training"


def training_folder(model: str) -> str:
    """Where data to learn from lies in the data bucket, and what jobs leave there that nobody serves.

    >>> training_folder("flights")
    'training/flights'
    """
    return f"training/{model}"


def data_folder(model: str) -> str:
    """Below which every execution has a folder with what it learnt from.

    >>> data_folder("flights")
    'training/flights/data'
    """
    return f"{training_folder(model)}/data"


def made_folders(model: str) -> list[str]:
    """What executions leave below the training folder, beside what people have put there.

    >>> made_folders("flights")
    ['training/flights/data', 'training/flights/jobs', 'training/flights/checkpoints']
    """
    return [data_folder(model), *(f"{training_folder(model)}/{name}" for name in ("jobs", "checkpoints"))]
