from datetime import timedelta

from moto import mock_aws

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.watch import Watch
from tests.feedback_builders import T0
from tests.monitoring_builders import World


def test_those_looked_at_last_are_the_recent_ones_whatever_versions_are_called() -> None:
    with mock_aws():
        watches = World().watches
        for number in range(90, 103):
            looked_at = T0 + timedelta(minutes=number)
            watches.put(Watch("flights", str(number), "champion", looked_at, Verdict.PASS, "well", 400))

        assert [watch.id for watch in watches.recent("flights", limit=4)] == ["102", "101", "100", "99"]
