"""How does a rule or a schedule start a pipeline of SageMaker? In the name of the role that the target names."""

import contextlib
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.context import CloudContext
from local_cloud.functions.destinations import Undeliverable
from local_cloud.role_session import RoleSession


def start_pipeline(target: Mapping[str, Any], context: CloudContext) -> None:
    """Start an execution with the target's SageMakerPipelineParameters. Raises Undeliverable."""
    parameters = (target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or []
    role = target.get("RoleArn")
    if not role:
        raise Undeliverable(f"{target['Arn']}: a target that is a pipeline needs a RoleArn")
    with contextlib.closing(RoleSession(context, role, name="Events")) as session:
        try:
            session.client("sagemaker").start_pipeline_execution(
                PipelineName=target["Arn"], PipelineParameters=parameters, ClientRequestToken=uuid.uuid4().hex
            )
        except (ClientError, BotoCoreError) as refused:
            raise Undeliverable(f"{target['Arn']}: {refused}") from refused
