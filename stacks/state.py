"""What must outlive every other stack: the state table, the captured data and their key."""

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.data_bucket import DataBucket
from cdk.deployable import Deployable
from cdk.state_table import StateTable
from sluice.settings.deployment import Deployment


class State(Deployable):
    """One key, one table, one bucket."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id, description="state and data")
        removal_policy = RemovalPolicy.RETAIN if deployment.keep_data else RemovalPolicy.DESTROY
        self.key = kms.Key(
            self, "Key", description="Sluice: state and data", enable_key_rotation=True, removal_policy=removal_policy
        )
        self.table = StateTable(self, "StateTable", key=self.key, removal_policy=removal_policy)
        self.data = DataBucket(
            self,
            "DataBucket",
            key=self.key,
            keep=deployment.keep_data,
            captures={deployment.endpoint_name(name): model.capture for name, model in deployment.models.items()},
            training={name: training.keep_days for name, training in deployment.trained.items()},
        )
        CfnOutput(self, "TableName", value=self.table.name)
        CfnOutput(self, "BucketName", value=self.data.bucket.bucket_name)
        self._export_always()

    def _export_always(self) -> None:
        """Export whatever another stack may import, whether one does today or not.

        This stack is deployed first: an export that goes with its last import would still be in use then, which
        CloudFormation refuses.
        """
        table, bucket = self.table.table, self.data.bucket
        for value in (self.key.key_arn, table.table_name, table.table_arn, bucket.bucket_name, bucket.bucket_arn):
            self.export_value(value)
