"""How does a function run?"""

from collections.abc import Mapping
from typing import Any, cast

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.assets import RUNTIME, dependency_layer, function_code, numpy_layer
from cdk.compliance import acknowledge, acknowledge_wildcard
from cdk.log_group import RetainedLogs

_ALIAS = "live"


class ServiceFunction(Construct):
    """A function of ``lambdas/`` with a role that may write its own log and traces, and what it is granted later."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handler: str,
        environment: Mapping[str, str],
        timeout: Duration,
        log_days: int,
        memory_mb: int = 512,
    ) -> None:
        """``handler``: module and name, such as ``lambdas.inference.handler``."""
        super().__init__(scope, construct_id)
        self.logs = RetainedLogs(self, "Logs", days=log_days)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.logs.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"Sluice: {handler}",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler=handler,
            code=function_code(),
            layers=[dependency_layer(Stack.of(self))],
            environment=dict(environment),
            timeout=timeout,
            memory_size=memory_mb,
            log_group=self.logs,
            role=self.role,
            tracing=lambda_.Tracing.ACTIVE,
        )
        _acknowledge(self)

    def publish(self) -> lambda_.Alias:
        """An alias on the newest version, which starts from a snapshot: SnapStart is for published versions only."""
        function = cast(lambda_.CfnFunction, self.function.node.default_child)
        function.snap_start = lambda_.CfnFunction.SnapStartProperty(apply_on="PublishedVersions")
        return lambda_.Alias(self, "Live", alias_name=_ALIAS, version=self.function.current_version)


class NumpyFunction(ServiceFunction):
    """A function that works with arrays."""

    def __init__(self, scope: Construct, construct_id: str, **properties: Any) -> None:
        """``properties``: those of any function."""
        super().__init__(scope, construct_id, **properties)
        self.function.add_layers(numpy_layer(Stack.of(self)))


def _acknowledge(function: ServiceFunction) -> None:
    acknowledge(
        function.function,
        "L1",
        "The layer's wheels and bytecode are built for 3.13: moving to 3.14 is a change to test by itself.",
    )
    acknowledge_wildcard(function.role, "*", "X-Ray's PutTraceSegments has no resources to name.")
