"""What makes new versions of the models that are trained here: a pipeline each."""

from collections.abc import Sequence

from aws_cdk import CfnOutput
from constructs import Construct

from cdk.deployable import Deployable
from cdk.training_pipeline import TrainingPipeline
from cdk.variant_endpoint import VariantEndpoint
from sluice.settings.deployment import Deployment
from stacks.state import State


class Training(Deployable):
    """Pipelines cost nothing until one is started."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        state: State,
        endpoints: Sequence[VariantEndpoint],
        commit: str | None,
    ) -> None:
        super().__init__(scope, construct_id, description="training")
        trained = [endpoint for endpoint in endpoints if endpoint.model.name in deployment.trained]
        pipelines = [
            TrainingPipeline(
                self,
                endpoint.model.name,
                deployment=deployment.name,
                endpoint=endpoint,
                table=state.table,
                data=state.data,
                commit=commit,
            )
            for endpoint in trained
        ]
        CfnOutput(self, "TrainingPipelineNames", value=",".join(pipeline.name for pipeline in pipelines))
