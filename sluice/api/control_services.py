"""What does the admin API work with, and which of it is meant?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sluice.aws.archives import Archives
from sluice.aws.controller import Controller
from sluice.aws.declarations import Declarations
from sluice.aws.experiments import Experiments
from sluice.aws.incidents import Incidents
from sluice.aws.references import References
from sluice.aws.registry import Registry
from sluice.aws.rewards import Rewards
from sluice.aws.rollouts import Rollouts
from sluice.aws.state import RoutingStore
from sluice.domain.errors import ModelNotFound, RolloutNotFound
from sluice.domain.incident import Incident
from sluice.domain.rollout.rollout import Rollout
from sluice.domain.routing import Routing


@dataclass(frozen=True, slots=True)
class Services:
    """What the admin API works with.

    Attributes:
        deployment: Name of the deployment: a model's package group is ``<deployment>-<model>``.
        models: Names of the models there are.
        rollouts: Records and audit.
        experiments: Records and audit.
        rewards: What predictions earned.
        routings: Routing tables.
        declarations: What deployments declare.
        incidents: Records of incidents.
        registry: Registered versions.
        archives: Theirs.
        references: What drift is judged by.
        controller: Who acts on what is asked for.
        new_id: Makes the id of a rollout asked for at that time.
        clock: The present moment; aware, UTC.

    """

    deployment: str
    models: Sequence[str]
    rollouts: Rollouts
    experiments: Experiments
    rewards: Rewards
    routings: RoutingStore
    declarations: Declarations
    incidents: Incidents
    registry: Registry
    archives: Archives
    references: References
    controller: Controller
    new_id: Callable[[datetime], str]
    clock: Callable[[], datetime]

    def known(self, model: str) -> str:
        """The name of a model there is. Raises ModelNotFound."""
        if model not in self.models:
            raise ModelNotFound(f"there is no model {model}; there are {', '.join(self.models)}")
        return model

    def rollout(self, model: str, rollout_id: str) -> Rollout:
        """A rollout there is. Raises ModelNotFound or RolloutNotFound."""
        found = self.rollouts.get(self.known(model), rollout_id)
        if found is None:
            raise RolloutNotFound(f"{model} has no rollout {rollout_id}")
        return found

    def incident(self, model: str, incident_id: str) -> Incident:
        """An incident there is. Raises ModelNotFound or RolloutNotFound."""
        found = self.incidents.get(self.known(model), incident_id)
        if found is None:
            raise RolloutNotFound(f"{model} has no incident {incident_id}")
        return found

    def routing(self, model: str) -> Routing:
        """The routing table of a model. Raises ModelNotFound or RoutingUnavailable."""
        found = self.routings.get(self.known(model))
        if found is None:
            raise ModelNotFound(f"{model} has no routing table: it has not been deployed")
        return found

    def group(self, model: str) -> str:
        """The package group of a model: named as its endpoint is."""
        return f"{self.deployment}-{model}"
