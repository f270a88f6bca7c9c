"""What may the job do that assembles what a version is learnt from?"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.compliance import acknowledge_wildcard
from cdk.data_bucket import DataBucket
from cdk.sagemaker_arn import sagemaker_arn
from cdk.state_table import StateTable
from cdk.training_image import TrainingImage
from cdk.training_role import allow_job
from cdk.variant_endpoint import VariantEndpoint
from sluice.domain.training.pipeline import data_folder, training_folder


class AssembleRole(Construct):
    """Read captures, labels and history, find the champion and its archive; write into the execution's folder.

    No program from outside runs with it, unless the settings name ``features``.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint: VariantEndpoint,
        image: TrainingImage,
        data: DataBucket,
        table: StateTable,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        model, name = endpoint.model.name, endpoint.model.endpoint_name
        data.grant_read_captures(self.role, name)
        self._allow_files(model, data)
        self._allow_archives(model, endpoint, data)
        table.grant_learning(self.role, model)
        self._allow_champion(name)
        self._allow_group(name)
        allow_job(self.role, image, endpoint.model.settings.endpoint)

    def _allow(self, actions: list[str], resources: list[str], *, only_if: Mapping[str, Any] | None = None) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources, conditions=only_if))

    def _allow_files(self, model: str, data: DataBucket) -> None:
        """History and data assembled before; what is made goes into a folder beside them."""
        bucket = Stack.of(data).export_value(data.bucket.bucket_arn)
        read, written = f"{bucket}/{training_folder(model)}/*", f"{bucket}/{data_folder(model)}/*"
        self._allow(["s3:GetObject"], [read])
        self._allow(["s3:PutObject"], [written])
        self._allow(["kms:Decrypt", "kms:GenerateDataKey"], [data.key.key_arn])
        for folder in (read, written):
            acknowledge_wildcard(self.role, folder, "A folder an execution, and files of any name.")

    def _allow_archives(self, model: str, endpoint: VariantEndpoint, data: DataBucket) -> None:
        """The champion is a registered version, or one of sluice.yaml, which is an asset of a deployment."""
        registered, declared = data.artifacts_arn(model), endpoint.artifacts.arn_for_objects("*.gz")
        self._allow(["s3:GetObject"], [registered, declared])
        acknowledge_wildcard(self.role, registered, "Which versions are registered is not known to the template.")
        acknowledge_wildcard(
            self.role, declared, "The champion may be of an earlier deployment, which no template names."
        )

    def _allow_champion(self, endpoint: str) -> None:
        """What the endpoint serves as champion."""
        described = {
            "DescribeEndpoint": f"endpoint/{endpoint}",
            "DescribeEndpointConfig": f"endpoint-config/{endpoint}-*",
            "DescribeModel": f"model/{endpoint}-*",
        }
        for verb, name in described.items():
            self._allow([f"sagemaker:{verb}"], [sagemaker_arn(name)])
            if name.endswith("*"):
                acknowledge_wildcard(self.role, sagemaker_arn(name), "Names end in the hash of their content.")

    def _allow_group(self, group: str) -> None:
        """The package group must be there before a version is registered: SageMaker's registry makes none."""
        verbs = ("CreateModelPackageGroup", "DescribeModelPackageGroup")
        self._allow([f"sagemaker:{verb}" for verb in verbs], [sagemaker_arn(f"model-package-group/{group}")])
