"""By which pipeline is each model trained anew, and how often at most?"""

from sluice.domain.retraining.policy import Policy
from sluice.domain.training.pipeline import pipeline_name
from sluice.settings.deployment import Deployment


def policies(deployment: Deployment) -> dict[str, Policy]:
    """Those of the models that are trained anew other than by hand."""
    return {
        model: settings.to_policy(pipeline_name(deployment.name, model), is_trained=model in deployment.trained)
        for model, settings in deployment.retrained.items()
    }
