"""Does the live stream tell only what is known when it is known?"""

import pandas as pd

from examples.flights import data
from examples.flights.features import signature
from examples.flights.stream import live_flights
from sluice.domain.instances import parse_instances


def test_every_flight_of_the_year_has_a_name_of_its_own(flights: pd.DataFrame) -> None:
    date = flights["scheduled_departure"].dt.tz_convert(data.NEW_YORK).dt.normalize()

    name = flights[["carrier", "flight", "origin"]].assign(date=date)

    assert not name.duplicated().any()
    assert next(live_flights(flights)).unit == "UA1545-EWR-2013-01-01"


def test_live_flights_come_in_order_and_with_valid_inputs(split: data.Split) -> None:
    stream = list(live_flights(split.live.head(3_000)))

    times = [flight.scheduled_at for flight in stream]
    assert times == sorted(times)
    assert stream[0].unit == "US1431-EWR-2013-06-01"
    assert str(stream[0].scheduled_at) == "2013-06-01 09:00:00+00:00"
    assert parse_instances(signature("1"), {"instances": [flight.instance for flight in stream]}).rows == 3_000


def test_a_label_comes_with_the_landing_or_never(split: data.Split) -> None:
    stream = list(live_flights(split.live.head(3_000)))

    landed = [flight for flight in stream if flight.landed_at]
    never = [flight for flight in stream if not flight.landed_at]

    assert {flight.label for flight in landed} == {0, 1}
    assert all(flight.landed_at > flight.scheduled_at for flight in landed if flight.landed_at)
    assert never
    assert {flight.label for flight in never} == {None}


def test_the_stream_reads_the_package_by_itself() -> None:
    assert next(live_flights()).unit == "US1431-EWR-2013-06-01"
