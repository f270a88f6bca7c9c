"""How are the two versions made? Training as a function of labelled flights, and as SageMaker's training program."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from examples.flights import data
from examples.flights.export import save
from examples.flights.features import CATEGORIES, NUMBERS, features
from examples.flights.reference import write_reference

LABEL = "label"
DEFAULT_VERSION = "2"


class Job(Protocol):
    """What SageMaker hands a training program."""

    @property
    def hyperparameters(self) -> Mapping[str, str]:
        """The job's settings by name; SageMaker makes every value a string."""

    @property
    def channels(self) -> Mapping[str, Path]:
        """The directory of each input channel; it need not exist."""

    @property
    def model_dir(self) -> Path:
        """Where the model directory is to be written."""


def train(job: Job) -> None:
    """Train a version on channel ``training`` and write the model directory.

    Hyperparameters: ``version``, what it is called ("2"); ``like``, "1" or "2", which of those two it is made as (as
    it is called); ``label``, the column with 0 for on time and 1 for late. The channel holds CSV or Parquet files with
    a column for each input, too; without files, January to April 2013 are used. Raises ValueError for another kind of
    version, KeyError for a missing column.
    """
    version = job.hyperparameters.get("version", DEFAULT_VERSION)
    pipeline = untrained(job.hyperparameters.get("like", version))
    channel = job.channels.get("training")
    files = sorted(file for file in channel.glob("*") if file.suffix in READERS) if channel else []
    table = pd.concat(map(read_examples, files)) if files else examples(data.load().training)
    label = job.hyperparameters.get("label", LABEL)
    make(pipeline, version, table.rename(columns={label: LABEL}), job.model_dir)


def make(pipeline: Pipeline, version: str, table: pd.DataFrame, model_dir: Path) -> None:
    """Train on examples and write the model directory: the graph, its signature, and the reference of its monitor."""
    save(fit(pipeline, table), version, model_dir)
    write_reference(table, LABEL, version, model_dir)


def read_examples(file: Path) -> pd.DataFrame:
    """One file of the training channel."""
    return READERS[file.suffix](file)


def _read_csv(file: Path) -> pd.DataFrame:
    """Codes stay text: an airline may be called "NA"."""
    return pd.read_csv(file, dtype=dict.fromkeys(CATEGORIES, str), keep_default_na=False, na_values=[""])


READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {".csv": _read_csv, ".parquet": pd.read_parquet}


def examples(flights: pd.DataFrame) -> pd.DataFrame:
    """The inputs and the label of every flight that landed: what the training channel holds."""
    landed = data.landed(flights)
    return features(landed).assign(**{LABEL: landed["late"].astype(int)})


def untrained(version: str) -> Pipeline:
    """What a version is made of. Raises ValueError for a version that does not exist."""
    if version not in PIPELINES:
        raise ValueError(f"hyperparameter version or like: expected one of {sorted(PIPELINES)}, got {version!r}")
    return PIPELINES[version]()


def fit(pipeline: Pipeline, table: pd.DataFrame) -> Pipeline:
    """Train a pipeline on examples, on one thread: with two, a busy machine took five times as long."""
    with threadpool_limits(limits=1):
        return pipeline.fit(as_served(table), table[LABEL])


def as_served(table: pd.DataFrame) -> pd.DataFrame:
    """The inputs as the graph receives them: numbers rounded to FP32, so that trees split what they will see."""
    numbers = table[[*NUMBERS]].astype(np.float32).astype(np.float64)
    return pd.concat([table[[*CATEGORIES]], numbers], axis=1)


def logistic_regression() -> Pipeline:
    """Version 1: one weight a category and a number. C shrinks the weights of rare destinations."""
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    model = LogisticRegression(C=0.01, max_iter=300)
    return Pipeline([("inputs", _by_kind(one_hot, numbers)), ("model", model)])


def gradient_boosting() -> Pipeline:
    """Version 2: boosted trees, chosen by their AUC on May over an embedding network (0.757 against 0.723)."""
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32)
    model = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=100,
        max_leaf_nodes=15,
        min_samples_leaf=200,
        l2_regularization=1.0,
        max_features=0.2,
        early_stopping=False,
        random_state=0,
    )
    return Pipeline([("inputs", _by_kind(ordinal, "passthrough")), ("model", model)])


def _by_kind(categories: OneHotEncoder | OrdinalEncoder, numbers: Pipeline | str) -> ColumnTransformer:
    # Both encoders have a place for a category never seen in training: zeros, and -1.
    return ColumnTransformer([("categories", categories, [*CATEGORIES]), ("numbers", numbers, [*NUMBERS])])


PIPELINES: Mapping[str, Callable[[], Pipeline]] = {"1": logistic_regression, "2": gradient_boosting}
