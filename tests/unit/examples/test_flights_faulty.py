"""The faulty versions are wrong in the way they say, and only in that way."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from examples.flights import data
from examples.flights.evaluate import probabilities
from examples.flights.faulty import TABLE_ENDS_AT, write_faulty
from examples.flights.train import examples, make, untrained


@pytest.fixture(scope="module")
def model_dirs(split: data.Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("faulty")
    table = examples(split.training.sample(2_000, random_state=0))
    make(untrained("1"), "1", table, out / "v1")
    write_faulty(out)
    return out


@pytest.fixture(scope="module")
def live(split: data.Split) -> pd.DataFrame:
    return examples(split.live.head(20_000))


def test_version_3_answers_in_percents(model_dirs: Path, live: pd.DataFrame) -> None:
    shares, percents = (probabilities(model_dirs / version, live) for version in ("v1", "v3"))

    np.testing.assert_allclose(percents, shares * 100, rtol=1e-5)


def test_version_4_fails_for_one_flight_in_twenty_and_is_right_about_the_others(
    model_dirs: Path, live: pd.DataFrame
) -> None:
    beyond = live["departure_minute"] >= TABLE_ENDS_AT
    right, same = (probabilities(model_dirs / version, live[~beyond]) for version in ("v1", "v4"))

    assert 0.03 < beyond.mean() < 0.07
    np.testing.assert_array_equal(right, same)
    with pytest.raises(InvalidArgument):
        probabilities(model_dirs / "v4", live[beyond].head(1))


def test_version_5_has_the_classes_the_wrong_way_round(model_dirs: Path, live: pd.DataFrame) -> None:
    right, wrong = (probabilities(model_dirs / version, live) for version in ("v1", "v5"))

    np.testing.assert_allclose(wrong, right[:, ::-1], atol=1e-6)
    assert ((wrong >= 0) & (wrong <= 1)).all()
