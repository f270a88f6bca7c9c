"""Who hears that a job's status changed? EventBridge does, as far as it can be reached."""

import json
import logging
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.sagemaker.jobs.job import Job, Kind
from local_cloud.sagemaker.jobs.processing import describe_processing
from local_cloud.sagemaker.jobs.training import describe_training
from local_cloud.sagemaker.jobs.transform import describe_transform

_log = logging.getLogger(__name__)
_TYPES = {
    Kind.TRAINING: "SageMaker Training Job State Change",
    Kind.PROCESSING: "SageMaker Processing Job State Change",
    Kind.TRANSFORM: "SageMaker Transform Job State Change",
}
_DESCRIBE = {
    Kind.TRAINING: describe_training,
    Kind.PROCESSING: describe_processing,
    Kind.TRANSFORM: describe_transform,
}


def announce_job(job: Job, events: Any) -> None:
    """Send one event to the default bus; best effort."""
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": _TYPES[job.kind],
        "Time": job.modified,
        "Resources": [job.arn],
        "Detail": json.dumps({**description(job), "Tags": {}}, default=_milliseconds),
    }
    try:
        events.put_events(Entries=[entry])
    except (ClientError, BotoCoreError) as error:
        _log.warning("event.lost job=%s error=%s", job.arn, error)


def description(job: Job) -> dict[str, Any]:
    """What is described of it, which is also the event's detail, with its times in epoch milliseconds.

    Source: aws-facts A12 (D:sagemaker/latest/dg/automating-sagemaker-with-eventbridge).
    """
    return _DESCRIBE[job.kind](job)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
