"""Does an alarm roll a deployment back?"""

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.sagemaker.hosting import Hosting

_log = logging.getLogger(__name__)


def roll_back_on_alarms(hosting: Hosting, cloudwatch: Any) -> None:
    """Fail each deployment one of whose AutoRollbackConfiguration alarms is in ALARM; best effort.

    Any one alarm is enough, and only while the new fleet gets traffic: before, there is nothing to judge (aws-facts
    A3, DG23:deployment-guardrails-configuration.md). Metric alarms only, as DescribeAlarms returns by default.
    """
    for endpoint in hosting.all():
        deployment = endpoint.deployment
        if deployment is None or not deployment.plan.alarms or not deployment.share:
            continue
        try:
            firing = _firing(deployment.plan.alarms, cloudwatch)
        except (ClientError, BotoCoreError) as error:
            _log.warning("guardrail.blind endpoint=%s error=%s", endpoint.name, error)
            continue
        if firing:
            reason = f"The deployment was rolled back: alarms in ALARM: {', '.join(firing)}."
            hosting.fail(endpoint.name, deployment.fleet.number, reason)


def _firing(names: tuple[str, ...], cloudwatch: Any) -> list[str]:
    found = cloudwatch.describe_alarms(AlarmNames=list(names))["MetricAlarms"]
    return sorted(alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM")
