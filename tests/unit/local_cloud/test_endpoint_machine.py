"""Any order of calls, reports and waiting leaves an endpoint in a state SageMaker could be in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from local_cloud.sagemaker import transitions
from local_cloud.sagemaker.change import Desired, Retention
from local_cloud.sagemaker.config import EndpointConfig
from local_cloud.sagemaker.endpoint import Endpoint, Status
from local_cloud.sagemaker.refusal import Refused

T0 = datetime(2026, 11, 21, tzinfo=UTC)
IN_PROGRESS = {Status.CREATING, Status.UPDATING, Status.SYSTEM_UPDATING, Status.ROLLING_BACK, Status.DELETING}
SLOTS = ["champion", "challenger"]
CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 30,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20},
        },
        "TerminationWaitInSeconds": 10,
    }
}
ROLLING = {
    "RollingUpdatePolicy": {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 30,
        "MaximumExecutionTimeoutInSeconds": 600,
    }
}
weights = st.sampled_from([0.0, 1.0, 5.0, 95.0])


def a_config(slots: list[str], values: list[float]) -> EndpointConfig:
    variants: list[dict[str, Any]] = [
        {"VariantName": slot, "ModelName": "m", "InstanceType": "ml.g6.xlarge", "InitialVariantWeight": weight}
        for slot, weight in zip(slots, values, strict=False)
    ]
    return EndpointConfig.from_request({"EndpointConfigName": "config", "ProductionVariants": variants})


class EndpointMachine(RuleBasedStateMachine):
    """Drives one endpoint; refusals are part of the behaviour, anything else that is raised is a bug."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.endpoint: Endpoint | None = None
        self.was_in_service = False

    @precondition(lambda self: self.endpoint is None)
    @rule(slots=st.integers(1, 2))
    def is_created(self, slots: int) -> None:
        self.endpoint = transitions.create("flights", a_config(SLOTS[:slots], [9.0, 1.0]), None, now=self.now)
        self.was_in_service = False

    def change(self, action: str, *args: Any, **kwargs: Any) -> None:
        assert self.endpoint is not None
        before = self.endpoint
        try:
            self.endpoint = getattr(transitions, action)(before, *args, now=self.now, **kwargs)
        except Refused:
            self.endpoint = before
        else:
            assert before.status not in IN_PROGRESS

    @precondition(lambda self: self.endpoint is not None)
    @rule(
        slots=st.integers(1, 2), value=weights, retains=st.booleans(), policy=st.sampled_from([None, CANARY, ROLLING])
    )
    def is_updated(self, slots: int, value: float, *, retains: bool, policy: dict[str, Any] | None) -> None:
        self.change("update", a_config(SLOTS[:slots], [1.0, value]), Retention(retains), deployment=policy)

    @precondition(lambda self: self.endpoint is not None)
    @rule(slot=st.sampled_from(SLOTS), weight=weights)
    def is_given_weights(self, slot: str, weight: float) -> None:
        self.change("rescale", [Desired(slot, weight=weight)])

    @precondition(lambda self: self.endpoint is not None)
    @rule(slot=st.sampled_from(SLOTS), instances=st.integers(1, 4), refused=st.booleans())
    def is_scaled(self, slot: str, instances: int, *, refused: bool) -> None:
        self.change("rescale", [Desired(slot, instances=instances)])
        if refused and self.endpoint is not None:
            self.endpoint = transitions.refuse_capacity(self.endpoint, now=self.now)

    @precondition(lambda self: self.endpoint is not None)
    @rule()
    def is_maintained(self) -> None:
        self.change("maintain", timedelta(seconds=60))

    @precondition(lambda self: self.endpoint is not None)
    @rule()
    def is_deleted(self) -> None:
        assert self.endpoint is not None
        if self.endpoint.status is Status.FAILED:
            self.endpoint = transitions.delete(self.endpoint, now=self.now)
        else:
            self.change("delete")

    @precondition(lambda self: self.endpoint is not None)
    @rule(fleet=st.integers(0, 3), slot=st.sampled_from(SLOTS))
    def has_a_ready_variant(self, fleet: int, slot: str) -> None:
        assert self.endpoint is not None
        number = self.endpoint.started_fleets - fleet
        if any(slot in {spec.name for spec in f.config.processes} for f in self.endpoint.fleets if f.number == number):
            self.endpoint = transitions.variant_ready(self.endpoint, number, slot, now=self.now)

    @precondition(lambda self: self.endpoint is not None)
    @rule(fleet=st.integers(0, 3), can_roll_back=st.booleans())
    def has_a_failed_variant(self, fleet: int, *, can_roll_back: bool) -> None:
        assert self.endpoint is not None
        number = self.endpoint.started_fleets - fleet
        self.endpoint = transitions.fail(self.endpoint, number, "no /ping", now=self.now, can_roll_back=can_roll_back)

    @precondition(lambda self: self.endpoint is not None)
    @rule(seconds=st.sampled_from([0.1, 1.0, 15.0, 60.0, 700.0]))
    def waits(self, seconds: float) -> None:
        assert self.endpoint is not None
        self.now += timedelta(seconds=seconds)
        self.endpoint = transitions.elapse(self.endpoint, now=self.now)

    @invariant()
    def does_one_thing_at_a_time(self) -> None:
        if self.endpoint is None:
            return
        assert self.endpoint.deployment is None or self.endpoint.settles_at is None
        is_busy = self.endpoint.deployment is not None or self.endpoint.settles_at is not None
        assert is_busy == (self.endpoint.status in IN_PROGRESS)

    @invariant()
    def always_answers_once_it_was_in_service(self) -> None:
        if self.endpoint is None or self.endpoint.status is Status.DELETING:
            return
        self.was_in_service |= self.endpoint.status is Status.IN_SERVICE
        serving = self.endpoint.serving
        assert bool(serving) == self.was_in_service
        assert not serving or abs(sum(share for _, share in serving) - 1) < 1e-9
        assert {fleet.number for fleet, _ in serving} <= {fleet.number for fleet in self.endpoint.fleets}

    @invariant()
    def reaches_the_desired_weights_at_rest(self) -> None:
        if self.endpoint is None or self.endpoint.status is not Status.IN_SERVICE:
            return
        assert self.endpoint.live is not None
        assert self.endpoint.config == self.endpoint.live.config
        for variant in self.endpoint.live.variants:
            assert variant.current_weight == variant.desired_weight
            assert variant.current_instances == variant.desired_instances
        assert sum(variant.current_weight for variant in self.endpoint.live.variants) > 0

    @invariant()
    def never_runs_more_than_three_fleets(self) -> None:
        assert self.endpoint is None or len(self.endpoint.fleets) <= 3


TestEndpointMachine = EndpointMachine.TestCase
TestEndpointMachine.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
