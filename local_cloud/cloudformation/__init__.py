"""CloudFormation of the local cloud: every resource made by the real API call, unknown types and properties refused."""

from collections.abc import Callable

from local_cloud.cloudformation.backend import replace_backend
from local_cloud.cloudformation.calls import Calls
from local_cloud.cloudformation.custom_resource import Answers, CustomResource, Invoke, custom_resource_type
from local_cloud.cloudformation.resource import ResourceType
from local_cloud.cloudformation.types import REGISTRY
from local_cloud.context import CloudContext

_CUSTOM = "AWS::CloudFormation::CustomResource"

__all__ = ["CloudFormation"]


class CloudFormation:
    """The stack engine of a local cloud; ``invoke`` runs the functions of custom resources."""

    def __init__(self, context: CloudContext, *, invoke: Invoke) -> None:
        self._calls = Calls(context)
        self._answers = Answers()
        self._custom = CustomResource(invoke, self._answers)
        self._types = {**REGISTRY, _CUSTOM: custom_resource_type(self._custom)}
        self._restore: Callable[[], None] = lambda: None

    def install(self) -> None:
        """Take over CloudFormation in moto, whose server must be up before a stack is made."""
        self._answers.start()
        self._restore = replace_backend(self._find, self._calls)

    def stop(self) -> None:
        """Give CloudFormation back to moto."""
        self._restore()
        self._custom.stop()
        self._answers.stop()

    def _find(self, kind: str) -> ResourceType | None:
        return self._types.get(_CUSTOM if kind.startswith("Custom::") else kind)
