"""A world to release models in: the emulated SageMaker without its processes, AWS in this process, a clock, traffic.

Everything the controller does goes through real boto3 calls; ``world.wire`` counts, ends or swallows them.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from moto import mock_aws
from moto.cloudwatch.models import cloudwatch_backends

from local_cloud.context import ACCOUNT, REGION
from local_cloud.metrics import MetricStore, install_metrics
from local_cloud.sagemaker.endpoint import Endpoint
from local_cloud.sagemaker.fault import Fault, FaultKind
from local_cloud.sagemaker.hosting import Hosting
from sluice.domain.attribution import Attribution
from sluice.domain.rollout.decision import Entry
from sluice.domain.rollout.document import rollout_id
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.rollout import Command, ModelVersion, Rollout, Verb
from sluice.domain.rollout.stage import Kind, Stage
from sluice.domain.routing import Routing
from sluice.service.command_rollout import command_rollout
from sluice.service.reconcile import Look, reconcile
from sluice.service.release_services import Services
from sluice.service.start_rollout import RolloutRequest, start_rollout
from tests.builders import Clock as Stopwatch
from tests.builders import ScriptedRuntime, a_store
from tests.functional.release_clients import Crash, Wire, client, services, wires
from tests.functional.release_sagemaker import HeldClock, hosting_without_processes, report_health, version_of
from tests.functional.release_stack import ENDPOINT, MODEL, Stack, artifact
from tests.functional.release_traffic import Traffic

__all__ = ["ENDPOINT", "MODEL", "T0", "Crash", "World", "a_canary", "a_world", "artifact"]

T0 = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
_STEP_SECONDS = 5
_BUCKET = "captures"


def a_canary(*percents: int, minutes: float = 2, bake_minutes: float = 5, holdback_percent: int = 5) -> Plan:
    """Steps of these shares, by default 10 and 50 percent, then a bake."""
    stages = tuple(Stage(Kind.WEIGHT, percent, minutes) for percent in percents or (10, 50))
    return Plan("canary", stages, Bake(bake_minutes, holdback_percent))


class World:
    """One model, its endpoint, and the controller.

    Attributes:
        clock: The time of everything, moved by ``pass_seconds``.
        hosting: The emulated SageMaker's endpoints.
        wire: The controller's calls.
        traffic: What callers send and get.
        stack: What deploys the endpoint.
        broken: Versions whose container never becomes healthy.
        runtime: What answers previews.

    """

    def __init__(self, clock: HeldClock, hosting: Hosting, plan: Plan) -> None:
        self.clock = clock
        self.hosting = hosting
        self.wire = Wire()
        self.traffic = Traffic()
        self.stack = Stack(self, plan)
        self.broken: set[str] = set()
        self.runtime = ScriptedRuntime(Stopwatch())
        self._made = 0
        self._services: Services | None = None

    # what happens outside

    def pass_seconds(self, seconds: float) -> None:
        """Let the clock run, and SageMaker do what takes time."""
        end = self.clock.at + timedelta(seconds=seconds)
        while self.clock.at < end:
            self.clock.at = min(end, self.clock.at + timedelta(seconds=_STEP_SECONDS))
            report_health(self.hosting, ENDPOINT, self.broken)
            self.hosting.elapse()

    def pass_minute(self) -> None:
        """A minute, with its traffic."""
        self._put_traffic(self.clock.at.replace(second=0, microsecond=0))
        self.pass_seconds(60)

    def ring(self, slot: str, *, state: str = "ALARM", **more: Any) -> None:
        """A metric alarm of a slot changes its state."""
        name = f"{ENDPOINT}-{slot}-errors"
        metric = {"MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
        above = {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
        client("cloudwatch").put_metric_alarm(AlarmName=name, **metric, **above, **more)
        client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="as the test says")
        cloudwatch_backends[ACCOUNT][REGION].alarms[name].state_updated_timestamp = self.clock.now()

    def refuse_capacity(self, times: int = 1) -> None:
        """SageMaker has no instances for the next updates."""
        self.hosting.inflict(Fault(ENDPOINT, None, FaultKind.CAPACITY, count=times))

    def maintain(self, seconds: float) -> None:
        """AWS's own maintenance begins: SystemUpdating."""
        self.hosting.inflict(Fault(ENDPOINT, None, FaultKind.MAINTENANCE, value=seconds))

    def weigh(self, **weights: float) -> None:
        """Somebody sets the endpoint's weights by hand."""
        desired = [{"VariantName": slot, "DesiredWeight": weight} for slot, weight in weights.items()]
        client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName=ENDPOINT, DesiredWeightsAndCapacities=desired
        )

    def delete_config(self) -> None:
        """Somebody deletes the endpoint config that is live."""
        client("sagemaker").delete_endpoint_config(EndpointConfigName=self.endpoint().config.name)

    def put_by_hand(self, slot: str, version: str) -> None:
        """Somebody has the endpoint serve something else from a slot, past all releases."""
        sagemaker, live = client("sagemaker"), self.endpoint().config.request
        model = {"Image": "image:1", "ModelDataUrl": artifact(version)}
        role = "arn:aws:iam::123456789012:role/models"
        sagemaker.create_model(ModelName="by-hand", ExecutionRoleArn=role, PrimaryContainer=model)
        variants = [
            {**variant, "ModelName": "by-hand"} if variant["VariantName"] == slot else variant
            for variant in live["ProductionVariants"]
        ]
        sagemaker.create_endpoint_config(EndpointConfigName="by-hand", ProductionVariants=variants)
        sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="by-hand")

    def record_request(
        self,
        prediction_id: str,
        body: str = '{"instances":[1.5]}',
        variant: str = "champion",
        version: str | None = None,
    ) -> None:
        """Data capture writes a request; one of Sluice's callers where the version is said that was asked."""
        now = self.clock.now()
        sent = {"observedContentType": "application/json", "mode": "INPUT", "data": body, "encoding": "JSON"}
        metadata: dict[str, Any] = {"eventId": f"event of {prediction_id}", "inferenceId": prediction_id}
        if version is not None:
            metadata["customAttributes"] = [Attribution("0" * 16, variant, version, 0.5, 1, 1).encode()]
        line = json.dumps({"captureData": {"endpointInput": sent}, "eventMetadata": metadata})
        key = f"flights/{ENDPOINT}/{variant}/{now:%Y/%m/%d/%H}/{now:%M-%S}-{prediction_id}.jsonl"
        client("s3").put_object(Bucket=_BUCKET, Key=key, Body=line.encode())

    # operators and the controller

    def start(self, version: str, plan: Plan | None = None, *, by: str = "ann") -> Rollout:
        """Ask for a rollout."""
        self._made += 1
        suffix, there = f"{self._made:04x}", self.services()
        return start_rollout(
            RolloutRequest(MODEL, ModelVersion(version, artifact(version)), None, plan, by, "a better version"),
            rollouts=there.rollouts,
            routings=there.routings,
            declarations=there.declarations,
            new_id=lambda now: rollout_id(now, suffix),
            now=self.clock.now(),
        )

    def command(self, verb: Verb, which: str | None = None, *, by: str = "ann") -> Rollout:
        """An operator's decision."""
        command = Command(verb, by, "as I say", self.clock.now())
        return command_rollout(MODEL, which, command, rollouts=self.services().rollouts, now=self.clock.now())

    def look(self) -> Look:
        """One look of the controller. Raises Crash where one was asked for."""
        return reconcile(MODEL, self.services(), now=self.clock.now())

    def run(self, minutes: int) -> list[Look]:
        """So many minutes, with traffic and a look each."""
        return [self._minute_and_look() for _ in range(minutes)]

    def run_until_over(self, rollout: Rollout, *, most_minutes: int = 120) -> Rollout:
        """Minutes with a look each until a rollout is over, or for so long."""
        for _ in range(most_minutes):
            self._minute_and_look()
            if self.rollout(rollout.id).phase.is_over:
                break
        return self.rollout(rollout.id)

    def restart(self) -> None:
        """A new process of the controller, which remembers nothing."""
        self.wire.restart()
        self._services = None

    def services(self) -> Services:
        """The controller's; the same until ``restart``."""
        self._services = self._services or services(self.clock, self.runtime)
        return self._services

    # what can be seen

    def endpoint(self) -> Endpoint:
        """The endpoint as SageMaker has it."""
        return self.hosting.find(ENDPOINT)

    def contents(self) -> dict[str, str]:
        """Version by slot, of what answers now."""
        live = self.endpoint().live
        return {spec.name: version_of(spec.model) for spec in live.config.processes} if live else {}

    def weights(self) -> dict[str, float]:
        """Weights in effect on the endpoint."""
        live = self.endpoint().live
        return {variant.name: variant.current_weight for variant in live.variants} if live else {}

    def table(self) -> Routing:
        """The routing table."""
        found = self.services().routings.get(MODEL)
        assert found is not None
        return found

    def rollout(self, which: str) -> Rollout:
        """A rollout's record."""
        found = self.services().rollouts.get(MODEL, which)
        assert found is not None
        return found

    def audit(self, which: str) -> Sequence[Entry]:
        """Everything that happened to it."""
        return self.services().rollouts.audit(MODEL, which)

    # inside

    def _minute_and_look(self) -> Look:
        self.pass_minute()
        return self.look()

    def _put_traffic(self, minute: datetime) -> None:
        """Requests are split by the routing table and answered by what is in the slots; a shadow gets a copy."""
        contents, everybody = self.contents(), self.traffic.requests_per_minute
        shares = {slot: everybody * percent // 100 for slot, percent in self.stack.table().weights.items()}
        shares |= {"shadow": everybody} if "shadow" in contents else {}
        for slot, requests in shares.items():
            if requests:
                self._put_minute(slot if slot in contents else "champion", requests, minute)

    def _put_minute(self, slot: str, requests: int, minute: datetime) -> None:
        config = self.endpoint().config.name
        variant = {"EndpointName": ENDPOINT, "VariantName": slot, "EndpointConfigName": config, "Model": MODEL}
        sagemaker, ours = self.traffic.data(variant, self.contents()[slot], requests, minute)
        client("cloudwatch").put_metric_data(Namespace="AWS/SageMaker", MetricData=sagemaker)
        if ours:
            client("cloudwatch").put_metric_data(Namespace="Sluice", MetricData=ours)


@contextmanager
def a_world(plan: Plan | None = None, **versions: str) -> Iterator[World]:
    """With an endpoint in service that serves these versions, by default ``v1`` as the champion."""
    clock = HeldClock(T0)
    with mock_aws(), install_metrics(MetricStore(), clock), hosting_without_processes(clock) as hosting:
        world = World(clock, hosting, plan or a_canary())
        wires.append(world.wire)
        try:
            a_store(client("dynamodb"))
            client("s3").create_bucket(Bucket=_BUCKET)
            world.stack.deploy(**(versions or {"champion": "v1"}))
            yield world
        finally:
            wires.pop()
