import time
from types import SimpleNamespace

import pytest

from bench.cold_start import own_times
from bench.front_door import AT_ONCE, ONE_CALL, SLUICE, Load, loads_table, shares_table
from bench.handler import CALL, OURS, Lap, Stopwatch, parts_of

TRACE = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   fastapi.routing
import time:        20 |         20 |     opentelemetry.metrics
import time:         3 |        123 |   sluice.api.inference
import time:      4000 |       4123 | lambdas.inference
import time:        50 |         50 |   email.message
"""


def test_each_import_counts_for_the_one_who_wrote_it() -> None:
    times = own_times(TRACE)

    assert {group: time_ for group, time_ in times.items() if time_} == {
        "FastAPI, Starlette, AnyIO": 100,
        "OpenTelemetry (imported by FastAPI)": 20,
        "Sluice's own modules": 3,
        "making the clients and the app": 4000,
        "standard library": 50,
    }


def test_the_parts_of_our_code_add_up_to_all_but_the_call() -> None:
    laps = {"handler": 10.0, "answer": 9.0, "read": 1.0, "predict": 5.0, "call": 4.0, "record": 0.5}

    parts = parts_of({name: Lap(wall, wall / 2) for name, wall in laps.items()})

    ours, call = parts.pop(OURS), parts.pop(CALL)
    assert ours == Lap(6.0, 3.0)
    assert call == Lap(4.0, 2.0)
    assert sum(part.wall for part in parts.values()) == pytest.approx(ours.wall)


def test_a_stopwatch_times_a_function_where_it_stands() -> None:
    stopwatch, module = Stopwatch(), SimpleNamespace(wait=time.sleep)

    stopwatch.watch(module, "wait", "waiting")
    module.wait(0.002)

    assert stopwatch.laps["waiting"].wall >= 2.0
    assert stopwatch.laps["waiting"].cpu < stopwatch.laps["waiting"].wall


def test_shares_are_of_the_whole_prediction() -> None:
    drawn = shares_table(at_once=2.0, one_call=6.0, sluice=8.0, ours=1.0, botocore=1.0)

    shares = [line.split("|")[3].strip() for line in drawn.splitlines()[2:]]
    assert shares == ["25%", "12%", "38%", "12%", "12%", "100%"]


def test_loads_are_set_against_sluice_at_the_same_number_of_clients() -> None:
    loads = {
        (AT_ONCE, 1): [Load([1.0], 500.0)],
        (ONE_CALL, 1): [Load([3.0], 300.0)],
        (SLUICE, 1): [Load([4.0], 200.0), Load([5.0], 100.0), Load([4.0], 300.0)],
    }

    lines = [line.replace(" ", "") for line in loads_table(loads).splitlines()[2:]]

    assert lines[0].startswith("|answeredatonce,1client|1.00|1.0|500|0.25|")
    assert lines[2].startswith("|Sluice,1client|4.00|5.0|200|1.00|")
