"""What brings a version to its users and takes a bad one away: the controller, the alarms, the operators' API."""

from collections.abc import Sequence

from aws_cdk import CfnOutput
from constructs import Construct

from cdk.approval_policies import ApprovalPolicies
from cdk.control_api import ControlApi
from cdk.controller import Controller
from cdk.data_bucket import DataBucket
from cdk.deployable import Deployable
from cdk.http_front import HttpFront
from cdk.notification import Notifier
from cdk.release_permissions import (
    allow_choosing,
    allow_looking,
    allow_ops_items,
    allow_releases,
    allow_unscaling,
)
from cdk.served_model import ServedModel
from cdk.slot_alarms import SlotAlarms
from cdk.state_table import StateTable
from cdk.variant_endpoint import VariantEndpoint
from cdk.variant_metrics import VariantMetrics
from sluice.settings.deployment import Deployment
from sluice.settings.functions import ControlEnvironment, ReconcileEnvironment
from stacks.api import Api
from stacks.state import State


class Release(Deployable):
    """The controller, what it and people are warned by, and how people tell it what to do."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        state: State,
        endpoints: Sequence[VariantEndpoint],
        api: Api,
    ) -> None:
        super().__init__(scope, construct_id, description="controller of releases, alarms, admin API")
        self._deployment = deployment
        self._models = [endpoint.model for endpoint in endpoints]
        self.controller = self._control(state.table, state.data)
        self.control = self._answer_operators(state, api.front)
        slots = [self._watch(model, slot) for model in self._models for slot in model.slots]
        champions = [slot.composite for slot in slots if slot.is_champion]
        for model in self._models:
            ApprovalPolicies(self, f"{model.name}-approval", deployment=deployment.name, model=model)
        notifier = Notifier(self, "Notifier", settings=deployment.alarms)
        notifier.tell_of(*champions, *self.controller.heartbeats, self.controller.dead_letters.alarm)
        CfnOutput(self, "ReconcileFunctionName", value=self.controller.function.function_name)
        CfnOutput(self, "SlotAlarmNames", value=",".join(slot.name for slot in slots))

    def _control(self, table: StateTable, data: DataBucket) -> Controller:
        settings = self._deployment
        environment = ReconcileEnvironment(
            table=table.name,
            deployment=settings.name,
            models=",".join(settings.models),
            captures_uri=data.captures_uri,
            ops_items=settings.alarms.ops_items,
        )
        controller = Controller(
            self,
            "Controller",
            deployment=settings.name,
            models=self._models,
            environment=environment,
            log_days=settings.logs.retention_days,
        )
        table.grant_records(controller.role)
        table.grant_leases(controller.role)
        allow_looking(controller.role)
        allow_unscaling(controller.role)
        for model in self._models:
            allow_releases(controller.role, model)
            data.grant_read_captures(controller.role, model.endpoint_name)
            data.grant_get_artifacts(controller.role, model.name)
        if settings.alarms.ops_items:
            allow_ops_items(controller.role)
        return controller

    def _answer_operators(self, state: State, front: HttpFront) -> ControlApi:
        settings, table = self._deployment, state.table
        environment = ControlEnvironment(
            table=table.name,
            deployment=settings.name,
            models=",".join(settings.models),
            controller=self.controller.function.function_name,
        )
        control = ControlApi(
            self, "Control", front=front, environment=environment, log_days=settings.logs.retention_days
        )
        table.grant_records(control.role)
        for model in self._models:
            allow_choosing(control.role, model)
            state.data.grant_get_artifacts(control.role, model.name)
        control.allow_waking(self.controller.function)
        return control

    def _watch(self, model: ServedModel, slot: str) -> SlotAlarms:
        return SlotAlarms(
            self,
            f"{model.name}-{slot}",
            variant=VariantMetrics(model.name, model.endpoint_name, slot),
            thresholds=model.settings.alarms,
            model_timeout_seconds=self._deployment.inference.model_timeout_seconds,
            is_watched=model.settings.is_watched,
        )
