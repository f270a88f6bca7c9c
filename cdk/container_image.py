"""Which image does a container run: one named in sluice.yaml, or one built from the checkout?"""

import re
from collections.abc import Callable, Sequence

from aws_cdk import Aws, IgnoreMode
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.assets import ROOT
from sluice.settings.ecr_image import EcrImage

_GRAVITON = re.compile(r"ml\.([cmr]\d+g[dn]?|p6e-gb200)\.")


class ContainerImage(Construct):
    """The image of that URI in ECR; where there is none, what ``build`` makes below this construct.

    Attributes:
        uri: Where it is.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        named: str | None,
        build: Callable[[Construct], ecr_assets.DockerImageAsset],
    ) -> None:
        super().__init__(scope, construct_id)
        if named is None:
            built = build(self)
            self.uri, self._repository = built.image_uri, built.repository
        else:
            self.uri, self._repository = named, _repository(self, EcrImage.parse(named))

    def grant_pull(self, grantee: iam.IGrantable) -> None:
        """Allow pulling the image."""
        self._repository.grant_pull(grantee)


def build_for(
    instance_type: str, scope: Construct, *, file: str, context: Sequence[str], target: str | None = None
) -> ecr_assets.DockerImageAsset:
    """An image for the processors of an instance type. Only ``context`` reaches the build, and changes its hash."""
    arm = _GRAVITON.match(instance_type) is not None
    return ecr_assets.DockerImageAsset(
        scope,
        "Build",
        directory=str(ROOT),
        file=file,
        target=target,
        platform=ecr_assets.Platform.LINUX_ARM64 if arm else ecr_assets.Platform.LINUX_AMD64,
        exclude=["*", *(f"!{path}" for path in context), "**/__pycache__"],
        ignore_mode=IgnoreMode.DOCKER,
    )


def _repository(scope: Construct, image: EcrImage) -> ecr.IRepository:
    arn = f"arn:{Aws.PARTITION}:ecr:{image.region}:{image.account}:repository/{image.name}"
    return ecr.Repository.from_repository_attributes(
        scope, "Repository", repository_arn=arn, repository_name=image.name
    )
