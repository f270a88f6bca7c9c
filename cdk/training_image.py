"""Which container image do the jobs of a training pipeline run?"""

from functools import partial

from constructs import Construct

from cdk.container_image import ContainerImage, build_for
from sluice.settings.training import Training

CONTEXT = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "requirements/training.txt",
    "sluice",
    "model_container",
    "training",
    "examples",
)


class TrainingImage(ContainerImage):
    """The image named in sluice.yaml, or one built from training/Dockerfile with the programs of examples/.

    Attributes:
        instance_type: What runs it.

    """

    def __init__(self, scope: Construct, construct_id: str, *, training: Training) -> None:
        build = partial(build_for, training.instance_type, file="training/Dockerfile", context=CONTEXT)
        super().__init__(scope, construct_id, named=training.image, build=build)
        self.instance_type = training.instance_type
