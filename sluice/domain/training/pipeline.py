"""What is a model's training pipeline called, what is it told, and where does it put what it makes?

Whoever starts an execution and whoever declares the pipeline go by this.
"""

DATA = "Data"
"""S3 URL of the folder with train.parquet, validation.parquet and test.parquet, without a slash at the end."""
VERSION = "Version"
"""What the new version is called."""
CHAMPION = "Champion"
"""S3 URL of the archive of the version that it may replace."""
REASON = "Reason"
"""Why it was started: letters, digits, spaces and . : / = + - @ _, as the registry's metadata may hold."""

OWN_HYPERPARAMETERS = frozenset({"sluice_program", "label", "version"})
"""What the pipeline tells the training program by itself."""

VERDICT_FILE, VERDICT_PASSED = "verdict.json", "pass"
ARCHIVE_FILE = "model.tar.gz"


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
