"""Is the source read as it is meant: clocks, weather, cancelled flights, and what came first?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from examples.flights import data


def day(flights: pd.DataFrame, date: str) -> pd.DataFrame:
    start = pd.Timestamp(date, tz=data.NEW_YORK)
    departure = flights["scheduled_departure"]
    return flights[(departure >= start) & (departure < start + pd.DateOffset(days=1))]


def one(flights: pd.DataFrame, date: str, carrier: str, number: int) -> pd.Series:
    found = day(flights, date)
    found = found[(found["carrier"] == carrier) & (found["flight"] == number)]
    assert len(found) == 1
    return found.iloc[0]


def test_every_flight_of_2013_is_there_once_and_in_order(flights: pd.DataFrame) -> None:
    names = ["carrier", "flight", "origin", "scheduled_departure"]

    assert len(flights) == 336_776
    assert not flights.duplicated(names).any()
    assert flights["scheduled_departure"].is_monotonic_increasing


def test_flights_that_never_landed_are_read_whatever_the_memory_held_before() -> None:
    """Rounded, it overflowed now and then, which is a warning, and here an error."""
    tables = data.read()
    few = replace(tables, flights=tables.flights.head(5_000))
    held = [np.full(len(few.flights), 1e305) for _ in range(50)]
    del held

    assert data.join(few)["landed_at"].isna().sum() == few.flights["arr_delay"].isna().sum() > 0


def test_the_split_cuts_in_the_order_of_time(split: data.Split) -> None:
    parts = [split.training, split.validation, split.live]

    starts = [part["scheduled_departure"].min() for part in parts]
    ends = [part["scheduled_departure"].max() for part in parts]

    assert [len(part) for part in parts] == [109_119, 28_796, 198_861]
    assert [len(data.landed(part)) for part in parts] == [105_475, 28_128, 193_743]
    assert ends[0] < starts[1] < ends[1] < starts[2]


def test_a_flight_that_never_landed_has_no_label(tables: data.Tables, flights: pd.DataFrame) -> None:
    never = flights["landed_at"].isna()

    assert never.sum() == tables.flights["arr_delay"].isna().sum() == 9_430
    assert (flights["late"].isna() == never).all()


def test_late_is_fifteen_minutes_or_more(tables: data.Tables) -> None:
    first = tables.flights.head(1)
    delayed = pd.concat([first.assign(arr_delay=delay) for delay in (14.0, 15.0)], ignore_index=True)
    distinct = delayed.assign(flight=[1, 2])

    joined = data.join(data.Tables(distinct, tables.weather, tables.airports))

    assert joined["late"].tolist() == [False, True]


def test_a_landing_is_told_in_utc_across_time_zones(flights: pd.DataFrame) -> None:
    houston = one(flights, "2013-01-01", "UA", 1545)  # 5:15 in New York; landed 8:30 in Houston, 11 minutes late
    honolulu = one(flights, "2013-02-26", "HA", 51)  # 9:00 in New York, 15:40 in Honolulu

    assert houston["scheduled_departure"] == pd.Timestamp("2013-01-01T10:15Z")
    assert houston["landed_at"] == pd.Timestamp("2013-01-01T14:30Z")
    assert honolulu["scheduled_arrival"] == pd.Timestamp("2013-02-27T01:40Z")


def test_no_flight_lands_before_it_was_to_leave(flights: pd.DataFrame) -> None:
    landed = data.landed(flights)

    assert (landed["landed_at"] > landed["scheduled_departure"]).all()


@pytest.mark.parametrize("date", ["2013-03-10", "2013-11-03"])
def test_the_days_the_clocks_change_keep_their_local_times(flights: pd.DataFrame, date: str) -> None:
    columns = ["month", "day", "sched_dep_time"]
    source = pd.read_csv(data.source() / "flights.csv.zip", usecols=columns)
    that_day = (source["month"] == int(date[5:7])) & (source["day"] == int(date[8:]))
    printed = source["sched_dep_time"][that_day]

    local = day(flights, date)["scheduled_departure"].dt.tz_convert(data.NEW_YORK)

    assert sorted(local.dt.hour * 100 + local.dt.minute) == sorted(printed)


def test_weather_is_that_of_the_hour_before(tables: data.Tables, flights: pd.DataFrame) -> None:
    flight = one(flights, "2013-01-01", "DL", 461)  # LGA, 6:00
    weather = tables.weather.query("origin == 'LGA' and time_hour == '2013-01-01T10:00:00Z'")

    assert flight[[*data.WEATHER]].tolist() == weather[[*data.WEATHER]].iloc[0].tolist()


def test_a_flight_without_an_observation_stays_and_has_no_weather(flights: pd.DataFrame) -> None:
    unobserved = flights[[*data.WEATHER]].isna().all(axis=1)

    assert unobserved.sum() == 1_342
    assert unobserved[day(flights, "2013-12-31").index].all()


def test_a_wind_no_instrument_survives_is_taken_for_missing(tables: data.Tables, flights: pd.DataFrame) -> None:
    assert tables.weather["wind_speed"].max() > 1_000

    assert flights["wind_speed"].max() < data.HIGHEST_WIND_MPH
