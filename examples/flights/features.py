"""What does the model know about a flight at its scheduled departure? The one place where inputs are made."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from examples.flights.data import NEW_YORK, WEATHER
from sluice.domain.signature import DYNAMIC, Datatype, Signature, TensorSpec

CATEGORIES = ("carrier", "origin", "dest")
PLAN = ("departure_minute", "weekday", "distance", "scheduled_minutes")
NUMBERS = (*PLAN, *WEATHER)
CLASSES = ("on_time", "late")
ROWS_AT_ONCE = 4096


def features(flights: pd.DataFrame) -> pd.DataFrame:
    """The model's inputs by name, a row a flight, for training and for prediction alike.

    departure_minute: minute of the day (0 to 1439) and weekday: 1 (Monday) to 7, both New York time; distance:
    miles; scheduled_minutes: gate to gate; temp: °F; humid: %; wind_speed: mph; precip: inches in the hour;
    visib: miles; pressure: millibars at sea level. Weather may be NaN. Season is left out on purpose: four months
    of training have seen no summer.
    """
    departure = flights["scheduled_departure"].dt.tz_convert(NEW_YORK)
    block = flights["scheduled_arrival"] - flights["scheduled_departure"]
    derived = flights.assign(
        departure_minute=departure.dt.hour * 60 + departure.dt.minute,
        weekday=departure.dt.dayofweek + 1,
        scheduled_minutes=block // pd.Timedelta(minutes=1),
    )
    return derived[[*CATEGORIES, *NUMBERS]]


def instances(flights: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Each flight as a row of a V1 request; an unknown weather value is None."""
    for start in range(0, len(flights), ROWS_AT_ONCE):
        for row in features(flights.iloc[start : start + ROWS_AT_ONCE]).to_dict("records"):
            yield row | {name: None for name in WEATHER if pd.isna(row[name])}


def signature(version: str) -> Signature:
    """The contract that all versions of this model share."""
    return Signature(
        model="flights",
        version=version,
        inputs=tuple(map(_input, (*CATEGORIES, *NUMBERS))),
        outputs=(
            TensorSpec("label", Datatype.INT64, (DYNAMIC,)),
            TensorSpec("probabilities", Datatype.FP32, (DYNAMIC, len(CLASSES)), minimum=0.0, maximum=1.0),
        ),
        classes=CLASSES,
    )


def _input(name: str) -> TensorSpec:
    datatype = Datatype.BYTES if name in CATEGORIES else Datatype.FP32
    return TensorSpec(name, datatype, (DYNAMIC, 1), optional=name in WEATHER)
