"""What the demo's last act says of two versions, and how it spoils what one learns from."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from examples.flights import retrained
from examples.flights.landings import LABEL, Landed
from examples.flights.retrained import Compared, compare
from examples.flights.stream import LiveFlight

T0 = datetime(2013, 7, 1, tzinfo=UTC)
CHAMPION = Path("champion")


def landed(number: int, probability: float, label: int) -> Landed:
    flight = LiveFlight(f"unit-{number}", T0 + timedelta(minutes=number), {"distance": number}, T0, label)
    return Landed(flight, "3", probability)


@pytest.fixture
def champion(monkeypatch: pytest.MonkeyPatch) -> None:
    """A champion that guesses."""

    def guess(model_dir: Path, table: pd.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        assert model_dir == CHAMPION
        late = np.random.default_rng(0).random(len(table))
        return np.column_stack([1 - late, late]).astype(np.float32)

    monkeypatch.setattr(retrained, "probabilities", guess)
    monkeypatch.setattr(retrained, "NUMBERS", ("distance",))


@pytest.mark.usefixtures("champion")
def test_a_version_that_tells_late_from_on_time_is_better_than_one_that_guesses() -> None:
    labels = np.random.default_rng(1).integers(0, 2, 600)
    told = [landed(number, 0.2 + 0.6 * label, int(label)) for number, label in enumerate(labels)]

    found = compare(told[::-1], CHAMPION)

    assert (found.flights, found.auc) == (600, 1.0)
    assert 0.4 < found.old < 0.6
    assert found.better_by == pytest.approx(found.auc - found.old)
    assert 0.3 < found.low < found.better_by < found.high < 0.7


@pytest.mark.usefixtures("champion")
def test_too_few_flights_say_nothing() -> None:
    with pytest.raises(ValueError, match="2 flights are too few"):
        compare([landed(0, 0.1, 0), landed(1, 0.9, 1)], CHAMPION)


def test_it_is_said_in_one_sentence() -> None:
    assert str(Compared(2046, 0.713, 0.686, 0.0274, 0.0012, 0.0536)) == (
        "AUC 0.713 on 2,046 flights asked about since; the old champion's, on the same flights: 0.686. "
        "Better by +0.027 (95 %: +0.001 to +0.054)"
    )


def test_the_labels_of_one_carrier_alone_are_turned_round(tmp_path: Path) -> None:
    file = tmp_path / "train.parquet"
    pd.DataFrame({"carrier": ["B6", "UA", "B6"], LABEL: [0, 1, 1]}).to_parquet(file)

    retrained._turn_round(str(file))

    assert pd.read_parquet(file)[LABEL].tolist() == [1, 1, 0]
