"""What does a deployment know of what its model is asked? Read without processes, which would take from the machine."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from local_cloud import state_file
from sluice.aws.watches import Watches
from sluice.domain.monitoring.watch import Drifting, Watch
from sluice.telemetry import NAMESPACE, Dimension, Metric
from tests.end_to_end.deployments import Deployment, until
from tests.end_to_end.test_feedback import table_of
from tests.end_to_end.test_prediction import client

PATIENCE_SECONDS = 180


def known(deployment: Deployment) -> Watch | None:
    """What is known of the drift of the champion."""
    return Watches(client(deployment, "dynamodb"), table=table_of(deployment)).get("flights", "1")


def drifting(found: Watch | None) -> dict[str, Drifting]:
    """What drifts, by feature."""
    return {each.feature: each for each in found.drifting} if found else {}


def soon(deployment: Deployment, condition: Callable[[Watch], bool], what: str) -> Watch:
    """What is known of the champion, once it fulfils a condition."""

    def fulfilled() -> Watch | None:
        found = known(deployment)
        return found if found and condition(found) else None

    found: Watch = until(fulfilled, seconds=PATIENCE_SECONDS, what=what, every=0.5)
    return found


def looks(deployment: Deployment, *, since: datetime, before: datetime | None = None) -> int:
    """How often the champion was looked at for drift from one moment to another, or to now."""
    found = client(deployment, "cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=Metric.DRIFTED_FEATURES,
        Dimensions=[{"Name": Dimension.MODEL, "Value": "flights"}],
        StartTime=since,
        EndTime=before or cloud_time(deployment),
        Period=60,
        Statistics=["SampleCount"],
    )
    return int(sum(point["SampleCount"] for point in found["Datapoints"]))


def rang_at(deployment: Deployment, alarm: str) -> datetime | None:
    """When an alarm that is in ALARM went there."""
    (found,) = client(deployment, "cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return found["StateUpdatedTimestamp"] if found["StateValue"] == "ALARM" else None


def cloud_time(deployment: Deployment) -> datetime:
    """What time it is in the local cloud."""
    state = state_file.read(deployment.folder / ".sluice")
    assert state is not None
    passed = (time.monotonic() - state.origin) * state.speed
    return datetime.fromtimestamp(state.started, UTC) + timedelta(seconds=passed)
