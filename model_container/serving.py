"""Can this process answer, and with which model?"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from model_container.codecs.exchange import Outputs, Query
from model_container.codecs.tensors import to_arrays
from model_container.errors import NotReady
from model_container.metrics import Metrics
from model_container.runner import Runner
from sluice.domain.errors import ModelNotFound
from sluice.domain.signature import Signature

Result = TypeVar("Result")
# Bytes that are read or written within about a millisecond, less than a change of threads can cost under load.
_SMALL = 16_384


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A loaded model, ready to be awaited."""

    signature: Signature
    runner: Runner

    def check_address(self, name: str, version: str | None) -> None:
        """Raise ModelNotFound unless a path's model and version are this one."""
        have = self.signature
        if name != have.model:
            raise ModelNotFound(f"no model {name!r} here, only {have.model!r}")
        if version not in (None, have.version):
            raise ModelNotFound(f"no version {version!r} of {name!r} here, only {have.version!r}")


@dataclass(slots=True)
class Serving:
    """One process's state: loading until it has a model, ready until it drains."""

    metrics: Metrics = field(default_factory=Metrics)
    draining: bool = False
    _model: ServedModel | None = None

    @property
    def is_ready(self) -> bool:
        """Whether new requests should be sent here."""
        return self._model is not None and not self.draining

    @property
    def version(self) -> str | None:
        """The version served, once there is one."""
        return self._model.signature.version if self._model else None

    @property
    def model(self) -> ServedModel:
        """The model served. Raises NotReady while it loads."""
        if self._model is None:
            raise NotReady("the model is still loading")
        return self._model

    def serve(self, model: ServedModel) -> None:
        """Answer with this model from now on."""
        self._model = model

    async def predict(self, query: Query) -> Outputs:
        """The outputs a query asks for. Raises ModelFailed, or InvalidInput for texts that are not UTF-8."""
        outputs = await self.model.runner.run(to_arrays(query.batch), query.outputs)
        self.metrics.rows_answered(query.batch.rows)
        return outputs


async def aside(size: int, work: Callable[[], Result]) -> Result:
    """Do work on ``size`` bytes at once when they are few, else in a thread, so that /ping is answered meanwhile."""
    return work() if size <= _SMALL else await asyncio.to_thread(work)
