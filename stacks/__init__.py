"""The deployable units, one a module."""

from stacks.api import Api
from stacks.feedback import Feedback
from stacks.monitoring import Monitoring
from stacks.observability import Observability
from stacks.release import Release
from stacks.retraining import Retraining
from stacks.serving import Serving
from stacks.state import State
from stacks.training import Training

__all__ = [
    "Api",
    "Feedback",
    "Monitoring",
    "Observability",
    "Release",
    "Retraining",
    "Serving",
    "State",
    "Training",
]
