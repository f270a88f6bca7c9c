"""Each setting of how a model is watched changes what is judged of the same traffic: none may be lost on the way."""

from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.watch import Watch
from tests.monitoring_builders import WATCHING, World, traffic
from tests.unit.service.test_judge_drift import warmer

DAILY, EVERY_FIVE_MINUTES = {"every_minutes": 1440}, {"every_minutes": 5}
MANY, FEW = {"false_alarms_per_30_days": 100.0}, {"false_alarms_per_30_days": 0.001}


def looked(rows: int, by: float, **settings: Any) -> Watch:
    """What is found of so many rows, this much warmer than those of the reference."""
    with mock_aws(), install_transactions():
        world = World(watching=replace(WATCHING, **settings))
        world.deploy(champion=100)
        world.summarise(traffic(rows, seed=20, **warmer(rows, seed=20, by=by)))
        (champion,) = world.look()
        return champion


@pytest.mark.parametrize(
    ("by", "settings", "drifting"),
    [
        (3.8, {}, []),
        (3.8, DAILY, ["temp"]),
        (3.8, MANY, ["temp"]),
        (4.2, {}, ["temp"]),
        (4.2, EVERY_FIVE_MINUTES, []),
        (4.2, FEW, []),
    ],
)
def test_what_is_drift_depends_on_how_often_is_looked_and_how_many_false_alarms_may_be(
    by: float, settings: dict[str, Any], drifting: list[str]
) -> None:
    assert [each.feature for each in looked(400, by, **settings).drifting] == drifting


@pytest.mark.parametrize(
    ("rows", "least", "verdict"),
    [(30, 30, Verdict.PASS), (30, 31, Verdict.INCONCLUSIVE), (60, 50, Verdict.PASS), (60, 61, Verdict.INCONCLUSIVE)],
)
def test_so_many_rows_are_judged_and_no_fewer(rows: int, least: int, verdict: Verdict) -> None:
    assert looked(rows, 0.0, least_rows=least).verdict is verdict
