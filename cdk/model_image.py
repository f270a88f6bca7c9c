"""Which container image do a model's instances run?"""

from functools import partial

from constructs import Construct

from cdk.container_image import ContainerImage, build_for
from sluice.settings.endpoint import Endpoint, has_gpu

_CONTEXT = ("model_container", "sluice/__init__.py", "sluice/domain")


class ModelImage(ContainerImage):
    """The image named in sluice.yaml, or one built from model_container/ for the instance type."""

    def __init__(self, scope: Construct, construct_id: str, *, endpoint: Endpoint) -> None:
        target = "gpu" if has_gpu(endpoint.instance_type) else "cpu"
        file = "model_container/Dockerfile"
        build = partial(build_for, endpoint.instance_type, file=file, context=_CONTEXT, target=target)
        super().__init__(scope, construct_id, named=endpoint.image, build=build)
