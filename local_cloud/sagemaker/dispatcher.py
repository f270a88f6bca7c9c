"""What happens to one invocation, from the choice of a variant to the answer or the error?"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local_cloud.context import Clock
from local_cloud.sagemaker.capture import Capture, Exchange
from local_cloud.sagemaker.fault import Fault, FaultKind, Faults
from local_cloud.sagemaker.invocation import Invocation
from local_cloud.sagemaker.invocation_error import (
    MOST_BODY_BYTES,
    InvocationError,
    model_error,
    no_answer,
    no_instance,
    throttled,
    unknown_endpoint,
    unknown_variant,
)
from local_cloud.sagemaker.metrics import Metrics, Series
from local_cloud.sagemaker.route import Route, Target
from local_cloud.sagemaker.upstream import Answer, Broken, Unreachable, Upstreams

_MOST_SHADOWED = 64  # copies under way; a shadow that is slower than the traffic misses some, callers never wait for it
_MOST_QUOTED_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Recorders:
    """Where what happened is written down."""

    capture: Capture
    metrics: Metrics
    clock: Clock


class Dispatcher:
    """Chooses, asks, records. Belongs to one event loop.

    Attributes:
        faults: The failures asked for.

    """

    def __init__(
        self,
        routes: Callable[[], Mapping[str, Route]],
        recorders: Recorders,
        chance: random.Random,
        *,
        model_seconds: float,
    ) -> None:
        self.faults = Faults()
        self._routes = routes
        self._recorders = recorders
        self._chance = chance
        self._model_seconds = model_seconds
        self._upstreams = Upstreams()
        self._shadowed: set[asyncio.Task[None]] = set()

    async def invoke(self, invocation: Invocation) -> tuple[Target, Answer]:
        """The variant that answered and its answer, always 2xx. Raises InvocationError."""
        started = time.perf_counter()
        target = self._choose(invocation)
        if target.shadow is not None and len(self._shadowed) < _MOST_SHADOWED:
            task = asyncio.create_task(self._shadow(target.shadow, invocation))
            self._shadowed.add(task)
            task.add_done_callback(self._shadowed.discard)
        return target, await self._ask(target, invocation, started)

    async def close(self) -> None:
        """End what is under way."""
        for task in self._shadowed:
            task.cancel()
        self._upstreams.close()

    def _choose(self, invocation: Invocation) -> Target:
        route = self._routes().get(invocation.endpoint)
        if route is None:
            raise unknown_endpoint(invocation.endpoint)
        if invocation.target_variant is None:
            return route.by_weight.draw(self._chance.random())
        lot = route.by_variant.get(invocation.target_variant)
        if lot is None:
            raise unknown_variant(invocation.endpoint, invocation.target_variant)
        return lot.draw(self._chance.random())

    async def _shadow(self, target: Target, invocation: Invocation) -> None:
        with contextlib.suppress(InvocationError):  # counted; nobody waits for it
            await self._ask(target, invocation, time.perf_counter())

    async def _ask(self, target: Target, invocation: Invocation, started: float) -> Answer:
        """Ask one variant; count and capture what it does."""
        fault = self.faults.take(target.endpoint, target.variant)
        if fault is not None and fault.kind is FaultKind.THROTTLE:
            raise throttled()
        asked = time.perf_counter()
        status: int | None = None
        try:
            answer = await self._post(target, invocation, fault)
            status = answer.status
        finally:
            self._count(target, status, started, asked)
        if not 200 <= status < 300:  # noqa: PLR2004  HTTP
            raise model_error(target.endpoint, status, answer.body[:_MOST_QUOTED_BYTES].decode(errors="replace"))
        if len(answer.body) > MOST_BODY_BYTES:
            raise model_error(target.endpoint, status, f"The answer has more than {MOST_BODY_BYTES} bytes.")
        self._capture(target, invocation, answer)
        return answer

    async def _post(self, target: Target, invocation: Invocation, fault: Fault | None) -> Answer:
        if fault is not None:
            injected = await self._suffer(fault)
            if injected is not None:
                return injected
        port = target.process.port
        if port is None:
            raise no_instance()
        try:
            return await self._upstreams.post(
                port, invocation.head, invocation.body, within_seconds=self._model_seconds
            )
        except Unreachable as error:
            raise no_instance() from error
        except (Broken, TimeoutError) as error:
            raise no_answer(target.endpoint) from error

    async def _suffer(self, fault: Fault) -> Answer | None:
        """The answer that stands for the model's, or None when the model is asked after all."""
        if fault.kind is FaultKind.HANG:
            await asyncio.sleep(self._model_seconds)
            raise no_answer(fault.endpoint)
        if fault.kind is FaultKind.LATENCY:
            await asyncio.sleep(fault.value / 1000)
            return None
        answer = Answer()
        answer.status, answer.body = int(fault.value) or 500, bytearray(b"injected fault")
        return answer

    def _count(self, target: Target, status: int | None, started: float, asked: float) -> None:
        ended = time.perf_counter()
        series = Series(target.endpoint, target.variant, target.config)
        self._recorders.metrics.count(
            series, status, model_us=(ended - asked) * 1e6, overhead_us=(asked - started) * 1e6
        )

    def _capture(self, target: Target, invocation: Invocation, answer: Answer) -> None:
        settings = target.capture
        if settings is None or self._chance.random() * 100 >= settings.percentage:
            return
        exchange = Exchange(
            endpoint=target.endpoint,
            variant=target.variant,
            at=self._recorders.clock.now(),
            inference_id=invocation.inference_id,
            attributes=invocation.attributes,
            input_type=invocation.content_type,
            input=invocation.body,
            output_type=answer.content_type.decode("latin-1"),
            output=bytes(answer.body),
        )
        self._recorders.capture.add(settings, exchange)
