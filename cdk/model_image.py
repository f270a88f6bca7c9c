"""Which container image do a model's instances run?"""

import re

from aws_cdk import Aws, IgnoreMode
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.assets import ROOT
from sluice.settings.ecr_image import EcrImage
from sluice.settings.endpoint import Endpoint, has_gpu

# Only these reach the Docker build, so that nothing else changes the image's hash.
_CONTEXT = ["*", "!model_container", "!sluice/__init__.py", "!sluice/domain", "**/__pycache__"]
_GRAVITON = re.compile(r"ml\.([cmr]\d+g[dn]?|p6e-gb200)\.")


class ModelImage(Construct):
    """The image named in sluice.yaml, or one built from model_container/ for the instance type."""

    def __init__(self, scope: Construct, construct_id: str, *, endpoint: Endpoint) -> None:
        super().__init__(scope, construct_id)
        if endpoint.image is None:
            built = _build(self, endpoint.instance_type)
            self.uri, self._repository = built.image_uri, built.repository
        else:
            self.uri, self._repository = endpoint.image, _repository(self, EcrImage.parse(endpoint.image))

    def grant_pull(self, grantee: iam.IGrantable) -> None:
        """Allow pulling the image."""
        self._repository.grant_pull(grantee)


def _build(scope: Construct, instance_type: str) -> ecr_assets.DockerImageAsset:
    arm = _GRAVITON.match(instance_type) is not None
    return ecr_assets.DockerImageAsset(
        scope,
        "Build",
        directory=str(ROOT),
        file="model_container/Dockerfile",
        target="gpu" if has_gpu(instance_type) else "cpu",
        platform=ecr_assets.Platform.LINUX_ARM64 if arm else ecr_assets.Platform.LINUX_AMD64,
        exclude=_CONTEXT,
        ignore_mode=IgnoreMode.DOCKER,
    )


def _repository(scope: Construct, image: EcrImage) -> ecr.IRepository:
    arn = f"arn:{Aws.PARTITION}:ecr:{image.region}:{image.account}:repository/{image.name}"
    return ecr.Repository.from_repository_attributes(
        scope, "Repository", repository_arn=arn, repository_name=image.name
    )
