"""Are the inputs known before departure, and the same in training and at prediction?"""

import math

import numpy as np
import pandas as pd

from examples.flights import data
from examples.flights.features import features, instances, signature
from sluice.domain.instances import parse_instances

OUTCOMES = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum"]


def test_features_are_the_signature_s_inputs_in_order(flights: pd.DataFrame) -> None:
    table = features(flights.head(10))

    assert list(table.columns) == [spec.name for spec in signature("1").inputs]
    assert signature("2").accepts_all_of(signature("1"))


def test_nothing_that_happens_after_departure_reaches_a_feature(tables: data.Tables) -> None:
    source = pd.read_csv(data.source() / "flights.csv.zip", nrows=20_000)
    shuffled = source.sample(frac=1.0, random_state=0)[OUTCOMES].set_axis(source.index)
    assert not shuffled.equals(source[OUTCOMES])

    honest = data.join(data.Tables(source, tables.weather, tables.airports))
    tampered = data.join(data.Tables(source.assign(**shuffled), tables.weather, tables.airports))

    pd.testing.assert_frame_equal(features(tampered), features(honest))


def test_weather_observed_in_the_hour_of_departure_or_later_reaches_no_feature(tables: data.Tables) -> None:
    noon = "2013-04-15T16:00:00Z"
    leaving = tables.flights[tables.flights["time_hour"] == noon]
    later = tables.weather["time_hour"] >= noon
    spoilt = tables.weather.assign(**{name: tables.weather[name].mask(later, -1.0) for name in data.WEATHER})

    honest = data.join(data.Tables(leaving, tables.weather, tables.airports))
    tampered = data.join(data.Tables(leaving, spoilt, tables.airports))

    assert len(honest) > 10
    pd.testing.assert_frame_equal(features(tampered), features(honest))


def test_times_are_new_york_s(flights: pd.DataFrame) -> None:
    summer = flights.query("scheduled_departure >= '2013-07-01T09:00Z'").head(1)  # a Monday, 5:00

    row = features(summer).iloc[0]

    assert row["weekday"] == 1
    assert row["departure_minute"] == 5 * 60


def test_requests_carry_exactly_what_training_saw(split: data.Split) -> None:
    live = pd.concat([split.live.head(200), split.live.tail(200)])  # the last day has no weather

    batch = parse_instances(signature("1"), {"instances": list(instances(live))})

    for tensor in batch.tensors:
        trained_on = features(live)[tensor.spec.name].tolist()
        if isinstance(trained_on[0], str):
            assert list(tensor.data) == [text.encode() for text in trained_on]
        else:
            np.testing.assert_array_equal(np.array(tensor.data, dtype=float), trained_on)


def test_missing_weather_is_null_in_a_request(split: data.Split) -> None:
    (row,) = instances(split.live.tail(1))

    assert {row[name] for name in data.WEATHER} == {None}
    assert not any(isinstance(value, float) and math.isnan(value) for value in row.values())
