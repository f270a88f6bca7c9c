"""What do a model's variants run: which artifacts, in which image, with which permissions?

SageMaker's own models are not in the template. They hold both what the stack owns (image, role, network) and what
releases own (the artifact), so ``Custom::EndpointConfig`` makes them, for declared and for released versions alike.
"""

import tempfile
from pathlib import Path
from typing import Any

from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from cdk.data_bucket import DataBucket
from cdk.model_image import ModelImage
from cdk.model_role import ModelRole
from cdk.served_model import SHADOW, ServedModel
from sluice.settings.artifact import Artifact


class HostedArtifacts(Construct):
    """The declared versions' artifacts in S3, and the image and the role that every version gets.

    Attributes:
        urls: S3 URL of each declared slot's artifact, and of the shadow's.
        bucket: Where these lie, and those of earlier deployments.

    """

    def __init__(self, scope: Construct, construct_id: str, *, model: ServedModel, data: DataBucket) -> None:
        super().__init__(scope, construct_id)
        self._settings = model.settings.endpoint
        shadow = {SHADOW: model.shadow} if model.shadow else {}
        assets = {role: _asset(self, role, artifact) for role, artifact in {**model.artifacts, **shadow}.items()}
        self.urls = {role: asset.s3_object_url for role, asset in assets.items()}
        image = ModelImage(self, "Image", endpoint=self._settings)
        self.image_uri = image.uri
        self.bucket = next(iter(assets.values())).bucket
        self.role = ModelRole(self, "ModelRole", model=model, artifacts=self.bucket, data=data).role
        image.grant_pull(self.role)

    def model_fields(self) -> dict[str, Any]:
        """Fields of ``CreateModel`` that all versions share."""
        fields: dict[str, Any] = {"ExecutionRoleArn": self.role.role_arn}
        if self._settings.network_isolation:
            fields["EnableNetworkIsolation"] = True
        if self._settings.vpc is not None:
            vpc = self._settings.vpc
            fields["VpcConfig"] = {"Subnets": vpc.subnets, "SecurityGroupIds": vpc.security_groups}
        return fields


def _asset(scope: Construct, role: str, artifact: Artifact) -> s3_assets.Asset:
    """Named after the artifact's content and not the archive's bytes, which differ between builds of zlib."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "model.tar.gz"
        artifact.pack(archive)
        return s3_assets.Asset(scope, f"{role}-artifact", path=str(archive), asset_hash=artifact.digest)
