"""What happens after training? The flights of June to December in order, and their labels when they land."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from examples.flights import data
from examples.flights.features import instances


@dataclass(frozen=True, slots=True)
class LiveFlight:
    """One prediction to ask for, and what became of it.

    Attributes:
        unit: The flight's own name, used once in the year, such as ``UA1545-EWR-2013-06-01``.
        scheduled_at: Scheduled departure, UTC: when the prediction is asked for; every input is known by then.
        instance: The inputs, as a row of a V1 request.
        landed_at: When the label is known, UTC; None when cancelled or diverted: no label ever comes.
        label: 1 late, 0 on time, as in the model's output ``label``; None without a landing.

    """

    unit: str
    scheduled_at: datetime
    instance: dict[str, Any]
    landed_at: datetime | None
    label: int | None


def live_flights(flights: pd.DataFrame | None = None) -> Iterator[LiveFlight]:
    """Flights by scheduled departure: the live stream (198,861 of them), or the given joined flights."""
    planned = data.load().live if flights is None else flights
    for flight, instance in zip(planned.itertuples(index=False), instances(planned), strict=True):
        ended = not pd.isna(flight.landed_at)
        yield LiveFlight(
            unit=_name(flight),
            scheduled_at=flight.scheduled_departure.to_pydatetime(),
            instance=instance,
            landed_at=flight.landed_at.to_pydatetime() if ended else None,
            label=int(flight.late) if ended else None,
        )


def _name(flight: Any) -> str:
    # Carrier, number and date alone name 24 pairs of flights: the origin tells them apart.
    date = flight.scheduled_departure.tz_convert(data.NEW_YORK)
    return f"{flight.carrier}{flight.flight}-{flight.origin}-{date:%Y-%m-%d}"
