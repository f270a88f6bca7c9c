"""What may be sent to the admin API about experiments?"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sluice.api.control_body import Body, Reason
from sluice.domain.experiment.experiment import Mode
from sluice.domain.experiment.goal import Goal
from sluice.domain.experiment.run import Run, Stop
from sluice.service.start_experiment import ExperimentRequest
from sluice.service.stop_experiment import everything_to_the_champion

Weights = Annotated[dict[str, int], Field(min_length=1, max_length=10)]


class GoalBody(Body):
    """What decides."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,39}$")]
    """As feedback calls it."""

    kind: Literal["binary", "mean"] = "binary"
    """It happened or it did not (1 or 0), or an amount."""

    higher_is_better: bool = True
    minimum_effect: float = 0
    """The smallest improvement worth having, in the goal's units; of a binary goal a share of one."""

    cap: float = 1
    """Of `mean`: the largest absolute value of one reward."""

    silence_is_zero: bool = True
    """Whether a prediction without feedback counts as 0, or not at all."""


class ExperimentBody(Body):
    """An experiment that is asked for."""

    weights: Annotated[dict[str, int], Field(default_factory=dict, max_length=10)]
    """Whole percents by variant, the champion's among them; they sum to 100. Interleaving takes none."""

    goal: GoalBody
    mode: Literal["fixed", "bandit", "interleaving"] = "fixed"
    variants: Annotated[list[str], Field(default_factory=list, max_length=10)]
    """Of interleaving, instead of weights: the champion and the ranker that is compared with it."""

    alpha: float = 0.05
    """Chance of a wrong verdict, over all looks and treatments together."""

    horizon_days: float = 14
    maturation_minutes: float = 60
    """A prediction counts when it is older than this."""

    covariate: bool = False
    """Whether feedback brings a covariate (CUPED); needs silence_is_zero false."""

    floor_percent: int = 5
    """Of a bandit: the least share of each variant."""

    discount: float = 1
    """Of a bandit: what a batch's rewards are worth when the next is in."""

    every_minutes: float = 5
    """Of a bandit: how long its weights stay, at least."""

    reason: Reason = ""

    def request(self, model: str, caller: str) -> ExperimentRequest:
        """What is asked for, in a caller's name. Raises InvalidExperiment."""
        usual: dict[str, Any] = self.model_dump(exclude={"goal", "mode"})
        goal = Goal.from_dict(self.goal.model_dump())
        return ExperimentRequest(model=model, goal=goal, mode=Mode(self.mode), requested_by=caller, **usual)


class StopBody(Body):
    """How an experiment ends: with all traffic for the champion, unless something else is said."""

    reason: Reason = ""
    keep: bool = False
    """Leave the traffic as it is."""

    weights: Weights | None = None
    """Or divide it like this: whole percents by variant."""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if self.keep and self.weights is not None:
            raise ValueError("either keep or weights")
        return self

    def stop(self, run: Run, caller: str) -> Stop:
        """The decision, in a caller's name."""
        weights = self.weights or everything_to_the_champion(run)
        return Stop(caller, self.reason, None if self.keep else weights)


class PolicyBody(Body):
    """Other weights, of which is asked what they would have earned."""

    policy: Weights
    """Whole percents by variant; they sum to 100."""
