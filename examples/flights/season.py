"""A summer in the order of time: what the monitor tells of June to August day by day, labels included.

A day of the flights is an hour of the cloud's clock, which is ten seconds here: so a window of the monitor is a day.
Of each day some flights are asked about together and some one by one; the labels of these are said on the next day,
when they have landed.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from time import sleep
from typing import Any

from rich.box import SIMPLE
from rich.progress import track
from rich.table import Table

from examples.flights.data import NEW_YORK
from examples.flights.data import load as load_flights
from examples.flights.landings import LABEL
from examples.flights.stream import LiveFlight, live_flights
from examples.flights.terminal import console, sluice, told_by
from examples.flights.traffic import MODEL, predict
from local_cloud.context import Clock
from local_cloud.processes import free_port
from sluice.cli.http_client import HttpAnswer, ask, post
from sluice.cli.show import Output
from sluice.cli.target import Target, TargetName, resolve
from sluice.cli.up import Ports, serving, until_signalled
from sluice.domain.monitoring.window import LENGTH, hour_of
from sluice.settings.access import Access
from sluice.settings.source import load

SPEED = 360  # an hour of the cloud is ten seconds here
TOGETHER, ALONE = 300, 40  # flights of a day
FOLDER, REPORT = Path("build/season"), Path("build/season.html")
SETTINGS = f"""
name: sluice
models:
  {MODEL}:
    variants: {{champion: {{artifact: ../flights/v2, weight: 100}}}}
    monitoring: {{every_minutes: 60}}
    feedback: {{label: {LABEL}}}
"""
_A_REQUEST = 100  # flights, and labels; TOGETHER is a multiple
_LOOKS = 3  # are waited for at the end


def season(days: int) -> None:
    """Deploy, ask about so many days from 1 June on, and say what drifted since when; leave nothing running."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    config, out = FOLDER / "sluice.yaml", Output(as_json=False)
    config.write_text(SETTINGS, encoding="utf-8")
    settings, ports = load(config), Ports(api=free_port(), aws=free_port())
    with until_signalled(out), serving(config, ports=ports, speed=SPEED, out=out) as cloud:
        summer = Summer(resolve(TargetName.LOCAL, settings, config), settings.access, cloud.context.clock)
        for day, flights in track(list(by_day(days)), f"{days} days of 2013", console=console):
            summer.fly(day, flights)
        summer.land()
        summer.pass_hours(_LOOKS)
        tell(summer.days, config)


def by_day(days: int) -> Iterator[tuple[date, list[LiveFlight]]]:
    """Some flights of each day from 1 June on, New York time, in no order: whoever asks, asks all day long."""
    live = load_flights().live
    each = live["scheduled_departure"].dt.tz_convert(NEW_YORK).dt.date
    for day, flights in islice(live.groupby(each), days):
        yield day, list(live_flights(flights.sample(TOGETHER + ALONE, random_state=1)))


@dataclass(slots=True)
class Summer:
    """What users ask as the days go by.

    Attributes:
        days: Which day of the flights it was, by the hour of the cloud.

    """

    target: Target
    access: Access
    clock: Clock
    days: dict[datetime, date] = field(default_factory=dict)
    _aloft: list[dict[str, Any]] = field(default_factory=list)

    def fly(self, day: date, flights: Sequence[LiveFlight]) -> None:
        """Ask about a day's flights in an hour of their own; those of the day before have landed."""
        self.days[self.pass_hours(1)] = day
        self.land()
        for at in range(0, TOGETHER, _A_REQUEST):
            rows = [flight.instance for flight in flights[at : at + _A_REQUEST]]
            self._answered(ask(self.target, self.access, MODEL, json.dumps({"instances": rows}).encode()))
        for flight in flights[TOGETHER:]:
            answer = self._answered(predict(flight, self.target, self.access))
            if flight.label is not None:
                named = {"prediction_id": answer.headers["x-sluice-prediction-id"], "name": LABEL}
                self._aloft.append({**named, "label": flight.label})

    def land(self) -> None:
        """Say the labels of the flights that were asked about one by one; those that nobody took are said next time."""
        landed, self._aloft = self._aloft, []
        for at in range(0, len(landed), _A_REQUEST):
            some = landed[at : at + _A_REQUEST]
            said = post(self.target, self.access, "/v1/feedback", json.dumps({"feedback": some}).encode())
            if said.status != HTTPStatus.ACCEPTED:
                self._aloft += some

    def pass_hours(self, count: int) -> datetime:
        """Wait until so many hours of the cloud have begun; the last of them."""
        wanted = hour_of(self.clock.now()) + count * LENGTH
        sleep(max(0.0, self.clock.wall_seconds((wanted - self.clock.now()).total_seconds())))
        return wanted

    @staticmethod
    def _answered(answer: HttpAnswer) -> HttpAnswer:
        if not answer.is_success:
            raise RuntimeError(f"the API answers {answer.status}: {answer.body}")
        return answer


def tell(days: Mapping[datetime, date], config: Path) -> None:
    """Print what drifted in all rows, and on which day that was first found."""
    options = ["--config", str(config)]
    sluice("drift", "status", *options)
    words = ("drift", "report", "--out", str(REPORT), "--since", "7d", *options)
    found = json.loads(told_by(*words, "--json"))
    named = {f"{hour:%Y-%m-%d %H:%M}": day for hour, day in days.items()}
    table = Table("drifted", "how", "first found on", box=SIMPLE)
    for each in found["findings"]:
        if each["verdict"] == "fail" and not each["slice"]:
            first = named.get(each["first_found"], each["first_found"])
            table.add_row(each["feature"], each["reason"], str(first))
    console.print(table)
    begun, ended = (f"{hour:%Y-%m-%d %H:%M}" for hour in (min(days), max(days)))
    console.print(f"{REPORT}: {min(days.values())} is {begun} there, and {max(days.values())} is {ended}")
