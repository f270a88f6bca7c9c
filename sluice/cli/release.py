"""What do commands about the releases of one model work with?"""

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from botocore.config import Config

from sluice.aws.client import connect
from sluice.aws.controller import Controller
from sluice.aws.declarations import Declarations
from sluice.aws.incidents import Incidents
from sluice.aws.item_store import ItemStore
from sluice.aws.registry import Registry
from sluice.aws.rewards import Rewards
from sluice.aws.rollouts import Rollouts
from sluice.aws.state import RoutingStore
from sluice.cli.options import the_model
from sluice.cli.show import Output
from sluice.cli.target import Target, TargetName, UsageProblem, outputs_of, resolve
from sluice.domain.errors import RolloutNotFound
from sluice.domain.rollout.rollout import Rollout
from sluice.settings.source import load


@dataclass(frozen=True, slots=True)
class Release:
    """A model in a cloud, and the records of its releases.

    Attributes:
        deployment: Name of the deployment.
        model: Model name.
        endpoint: Of the SageMaker endpoint; its package group has the same name.
        sensitive: Inputs whose values are neither kept nor shown.
        target: The cloud.
        out: Where to show things.

    """

    deployment: str
    model: str
    endpoint: str
    sensitive: frozenset[str]
    target: Target
    out: Output
    rollouts: Rollouts
    rewards: Rewards
    routings: RoutingStore
    declarations: Declarations
    incidents: Incidents
    registry: Registry

    @classmethod
    def open(cls, config: Path, target: TargetName, model: str | None, *, as_json: bool) -> Self:
        """Read the settings and connect. Raises InvalidSettings or UsageProblem."""
        settings = load(config)
        name = the_model(settings, model)
        chosen = resolve(target, settings, config)
        return cls(
            deployment=settings.name,
            model=name,
            endpoint=settings.endpoint_name(name),
            sensitive=settings.models[name].sensitive.inputs,
            target=chosen,
            out=Output(as_json),
            rollouts=Rollouts.connect(chosen.table),
            rewards=Rewards(ItemStore.connect(chosen.table)),
            routings=RoutingStore.connect_patiently(chosen.table),
            declarations=Declarations.connect(chosen.table),
            incidents=Incidents.connect(chosen.table),
            registry=Registry.connect(),
        )

    def rollout(self, rollout_id: str | None) -> Rollout:
        """The rollout of that id, else the one under way, else the newest. Raises RolloutNotFound."""
        if rollout_id is not None:
            found = self.rollouts.get(self.model, rollout_id)
        else:
            found = self.rollouts.active(self.model) or next(iter(self.rollouts.recent(self.model, 1)), None)
        if found is None:
            missing = f"there is no rollout {rollout_id} of" if rollout_id else "there has been no rollout of"
            raise RolloutNotFound(f"{missing} {self.model}: `sluice rollout history` lists those there are")
        return found

    def actor(self) -> str:
        """Who is deciding: the caller's ARN, or on the local cloud the name of this machine's user."""
        if self.target.name is TargetName.AWS:
            return str(connect("sts", Config()).get_caller_identity()["Arn"])
        try:
            return getpass.getuser()
        except (ImportError, KeyError, OSError):  # a user without a name, as in some containers
            return "operator"

    def controller(self) -> Controller:
        """The function that looks after releases. Raises UsageProblem."""
        return Controller.connect(self.output("release", "ReconcileFunctionName"))

    def bucket(self) -> str:
        """Name of the data bucket. Raises UsageProblem."""
        return self.output("state", "BucketName")

    def output(self, stack: str, name: str) -> str:
        """What a stack says of a name. Raises UsageProblem."""
        outputs = outputs_of(f"{self.deployment}-{stack}", self.target.name)
        if name not in outputs:
            raise UsageProblem(f"the stack {self.deployment}-{stack} does not say its {name}: deploy again")
        return outputs[name]
