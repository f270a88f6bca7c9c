"""Which SageMaker models does an endpoint start with?"""

import tempfile
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from cdk.artifact import Artifact
from cdk.data_bucket import DataBucket
from cdk.model_image import ModelImage
from cdk.model_role import ModelRole
from cdk.served_model import SHADOW, ServedModel
from sluice.settings.endpoint import Vpc


class SlotModels(Construct):
    """A SageMaker model for each declared variant and the shadow, all with one image and one role.

    CloudFormation names them, so that going back to an earlier artifact is never refused for its name. They are kept
    when they are replaced: a release may still serve them.
    """

    def __init__(self, scope: Construct, construct_id: str, *, model: ServedModel, data: DataBucket) -> None:
        super().__init__(scope, construct_id)
        self._settings = model.settings.endpoint
        shadow = {SHADOW: model.shadow} if model.shadow else {}
        assets = {role: _asset(self, role, artifact) for role, artifact in {**model.artifacts, **shadow}.items()}
        image = ModelImage(self, "Image", endpoint=self._settings)
        bucket = next(iter(assets.values())).bucket
        self._execution = ModelRole(self, "ModelRole", model=model, artifacts=bucket, data=data)
        image.grant_pull(self._execution.role)
        self.names = {role: self._model(role, image.uri, asset) for role, asset in assets.items()}

    def _model(self, role: str, image_uri: str, artifact: s3_assets.Asset) -> str:
        model = sagemaker.CfnModel(
            self,
            role,
            execution_role_arn=self._execution.role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=image_uri, model_data_url=artifact.s3_object_url
            ),
            enable_network_isolation=self._settings.network_isolation,
            vpc_config=_vpc_config(self._settings.vpc) if self._settings.vpc else None,
        )
        model.apply_removal_policy(RemovalPolicy.RETAIN)
        model.node.add_dependency(self._execution)
        return model.attr_model_name


def _asset(scope: Construct, role: str, artifact: Artifact) -> s3_assets.Asset:
    """Named after the artifact's content and not the archive's bytes, which differ between builds of zlib."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "model.tar.gz"
        artifact.pack(archive)
        return s3_assets.Asset(scope, f"{role}-artifact", path=str(archive), asset_hash=artifact.digest)


def _vpc_config(vpc: Vpc) -> sagemaker.CfnModel.VpcConfigProperty:
    return sagemaker.CfnModel.VpcConfigProperty(subnets=vpc.subnets, security_group_ids=vpc.security_groups)
