"""What does training leave for the monitor?"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from examples.flights import data
from examples.flights.faulty import write_faulty
from examples.flights.features import CATEGORIES, NUMBERS
from examples.flights.train import LABEL, examples, make, untrained
from sluice.domain.drift.outcomes import ClassOutcomes
from sluice.domain.drift.sliced import Slice, read_sliced
from sluice.settings.artifact import Artifact


@pytest.fixture(scope="module")
def table(split: data.Split) -> pd.DataFrame:
    return examples(split.training.sample(3_000, random_state=0).sort_index())


@pytest.fixture(scope="module")
def folder(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("flights")
    make(untrained("1"), "1", table, out / "v1")
    return out


def test_a_model_directory_holds_the_reference_of_its_training(folder: Path, table: pd.DataFrame) -> None:
    reference = read_sliced((folder / "v1/reference.json").read_bytes())

    features = [bins.name for bins in reference.whole.binning.features]
    assert features == [*CATEGORIES, *NUMBERS, "score of late", "predicted"]
    assert reference.whole.summary.rows == len(table)
    assert isinstance(reference.whole.outcomes, ClassOutcomes)
    late = np.asarray(reference.whole.outcomes.confusion)[1].sum()
    assert late == table[LABEL].sum()
    assert {Slice("origin", name) for name in ("EWR", "JFK", "LGA")} < reference.slices.keys()
    assert reference.slices[Slice("origin", "JFK")].rows == (table["origin"] == "JFK").sum()


def test_the_same_rows_give_the_same_directory(folder: Path, table: pd.DataFrame, tmp_path: Path) -> None:
    make(untrained("1"), "1", table, tmp_path)

    assert Artifact.read(tmp_path).digest == Artifact.read(folder / "v1").digest


def test_faulty_versions_have_the_reference_of_what_their_makers_believe_they_are(folder: Path) -> None:
    write_faulty(folder)

    references = {(folder / f"v{version}/reference.json").read_bytes() for version in "1345"}
    assert len(references) == 1
    assert json.loads(references.pop())["classes"] == ["on_time", "late"]
