"""Who hears that an endpoint's status changed? EventBridge does, as far as it can be reached."""

import json
import logging
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.sagemaker.endpoint import Endpoint

_log = logging.getLogger(__name__)


def announce(endpoint: Endpoint, events: Any) -> None:
    """Send one "SageMaker Endpoint State Change" to the default bus; best effort."""
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": "SageMaker Endpoint State Change",
        "Time": endpoint.modified,
        "Resources": [endpoint.arn],
        "Detail": json.dumps(detail(endpoint)),
    }
    try:
        events.put_events(Entries=[entry])
    except (ClientError, BotoCoreError) as error:
        _log.warning("event.lost endpoint=%s error=%s", endpoint.name, error)


def detail(endpoint: Endpoint) -> dict[str, Any]:
    """The event's detail: statuses in UPPER_SNAKE, times in epoch milliseconds, tags always empty.

    Source: aws-facts A12 (D:sagemaker/latest/dg/automating-sagemaker-with-eventbridge).
    """
    reason = {} if endpoint.failure_reason is None else {"FailureReason": endpoint.failure_reason}
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config.name,
        "EndpointStatus": endpoint.status.name,
        "CreationTime": _milliseconds(endpoint.created),
        "LastModifiedTime": _milliseconds(endpoint.modified),
        "Tags": {},
        **reason,
    }


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
