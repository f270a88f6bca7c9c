"""How are the two versions made? Training as a function of labelled flights, and as SageMaker's training program."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from examples.flights import data
from examples.flights.channel import check_variety, read_channel
from examples.flights.evaluate import Quality, probabilities
from examples.flights.export import save
from examples.flights.features import CATEGORIES, NUMBERS, features
from examples.flights.hyperparameters import Hyperparameters
from examples.flights.reference import write_reference
from examples.flights.rounds import Checkpoint, fingerprint, grow
from examples.flights.trials import Parameters, Trial
from model_container import log
from model_container.training_job import CannotTrain, TrainingJob

LABEL = "label"
METRICS_FILE = "metrics.json"


def train(job: TrainingJob) -> None:
    """Train a version on channel ``training`` and write the model directory; hyperparameters.py has the settings.

    Channels hold CSV or Parquet files with a column for each input and the label; a job without channels learns from
    January to April 2013 and is judged on May. Goes on from the job's checkpoints. Of several hosts the first trains,
    once all of them have searched. Raises CannotTrain, which says why nothing can be learnt.
    """
    lesson = Lesson.read(job, Hyperparameters.read(job.hyperparameters))
    trials = lesson.search() if lesson.settings.limits.trials else []
    if not job.is_lead:
        log.log("training.left_to_the_first_host")
        return
    version = lesson.settings.version
    save(lesson.learn(trials[0].parameters if trials else {}), version, job.model_dir)
    write_reference(lesson.learnt, LABEL, version, job.model_dir)
    lesson.write_metrics(trials)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a job is about.

    Attributes:
        job: See there.
        settings: Its hyperparameters.
        learnt: The rows to learn from.
        validation: The rows that settings are judged by; there may be none.
        of: The same for the same of these.

    """

    job: TrainingJob
    settings: Hyperparameters
    learnt: pd.DataFrame
    validation: pd.DataFrame
    of: str

    @classmethod
    def read(cls, job: TrainingJob, settings: Hyperparameters) -> Self:
        """Read the channels. Raises CannotTrain."""
        learnt, validation = _rows(job.channels, settings)
        of = fingerprint(learnt, validation, settings=(settings.like, settings.rounds, sklearn.__version__))
        return cls(job, settings, learnt, validation, of)

    def search(self) -> list[Trial]:
        """Try settings; best first, on the first host. Raises CannotTrain."""
        from examples.flights.tune import search_settings  # noqa: PLC0415  Optuna, only for those who search

        if self.validation.empty:
            raise CannotTrain("a search needs a channel validation to judge settings by")
        found = search_settings(self.job, self.settings, self.of, self._evaluate)
        if found:
            log.log("search.ended", trials=len(found), best=found[0].number)
        return found

    def learn(self, parameters: Parameters) -> Pipeline:
        """Train; trees from the checkpoint on. Weights take seconds, and are begun anew."""
        pipeline = self._untrained(parameters)
        if not isinstance(pipeline[-1], HistGradientBoostingClassifier):
            return fit(pipeline, self.learnt)
        checkpoint = Checkpoint(self.job.checkpoint_dir / "rounds.pickle", f"{self.of} {dict(parameters)}")
        with threadpool_limits(limits=1):
            return grow(pipeline, as_served(self.learnt), self.learnt[LABEL], checkpoint)

    def write_metrics(self, trials: Sequence[Trial]) -> None:
        """Beside the graph, which is what is measured. No times: the same training leaves the same bytes."""
        metrics = {
            "version": self.settings.version,
            "rows": len(self.learnt),
            "late": float(self.learnt[LABEL].mean()),
            "parameters": {"like": self.settings.like, **(trials[0].parameters if trials else {})},
            "validation": None if self.validation.empty else asdict(measure(self.job.model_dir, self.validation)),
            "trials": [asdict(each) for each in sorted(trials, key=attrgetter("number"))],
        }
        text = json.dumps(metrics, indent=2)
        (self.job.model_dir / METRICS_FILE).write_text(text + "\n", encoding="utf-8")
        log.log("training.measured", **{name: value for name, value in metrics.items() if name != "trials"})

    def _evaluate(self, parameters: Parameters) -> tuple[float, float]:
        """The log loss and the AUC of settings on the validation rows."""
        pipeline = fit(self._untrained(parameters), self.learnt)
        late = pipeline.predict_proba(as_served(self.validation))[:, 1]
        quality = Quality.of(self.validation[LABEL].to_numpy(), late)
        return quality.log_loss, quality.auc

    def _untrained(self, parameters: Parameters) -> Pipeline:
        rounds = {"max_iter": self.settings.rounds} if self.settings.like == "2" else {}
        chosen = {f"model__{name}": value for name, value in {**rounds, **parameters}.items()}
        return untrained(self.settings.like).set_params(**chosen)


def _rows(channels: Mapping[str, Path], settings: Hyperparameters) -> tuple[pd.DataFrame, pd.DataFrame]:
    """To learn from and to judge settings by. Raises CannotTrain."""
    if not channels:
        split = data.load()
        return examples(split.training), examples(split.validation)
    if "training" not in channels:
        raise CannotTrain(f"there is no channel training, only {', '.join(channels)}")
    learnt = read_channel(channels["training"], settings.label)
    check_variety(learnt, settings.constant)
    validation = read_channel(channels["validation"], settings.label) if "validation" in channels else learnt.head(0)
    named = {settings.label: LABEL}
    return learnt.rename(columns=named).astype({LABEL: int}), validation.rename(columns=named).astype({LABEL: int})


def measure(model_dir: Path, table: pd.DataFrame) -> Quality:
    """The quality of a model directory on examples."""
    return Quality.of(table[LABEL].to_numpy(), probabilities(model_dir, table)[:, 1])


def make(pipeline: Pipeline, version: str, table: pd.DataFrame, model_dir: Path) -> None:
    """Train on examples and write the model directory: the graph, its signature, and the reference of its monitor."""
    save(fit(pipeline, table), version, model_dir)
    write_reference(table, LABEL, version, model_dir)


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
