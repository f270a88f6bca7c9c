"""How does one execution get from its first step to its end? A thread looks, and each step has one of its own."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from local_cloud.context import Clock, CloudContext
from local_cloud.sagemaker.pipelines.definition import Step
from local_cloud.sagemaker.pipelines.execution import Execution, Status, StepState
from local_cloud.sagemaker.pipelines.performer import Performer, StepFailed, StepStopped
from local_cloud.sagemaker.refusal import Refused

CLOSED = "The local cloud was stopped."
_LOOK_SECONDS = 0.1
_log = logging.getLogger(__name__)
Announce = Callable[[Execution, StepState | None, Status | None], None]


class Engine:
    """Carries one execution out.

    ``announce`` is told of each status: the execution as it is, its step if it is that one's, the status before.
    """

    def __init__(self, context: CloudContext, execution: Execution, announce: Announce) -> None:
        self._clock: Clock = context.clock
        self._execution = execution
        self._announce = announce
        self._lock = threading.RLock()
        self._woken = threading.Event()
        self._performer = Performer(context, execution)
        self._thread = threading.Thread(target=self._run, name=f"pipeline {execution.key}", daemon=True)

    @property
    def execution(self) -> Execution:
        """As it is now."""
        return self._execution

    def start(self) -> None:
        """Begin; returns at once."""
        self._announce(self._execution, None, None)
        self._thread.start()

    def stop(self) -> None:
        """Start no step any more, stop those under way; returns at once. Raises Refused when it is not executing."""
        with self._lock:
            if self._execution.status is not Status.EXECUTING:
                raise Refused(
                    f"Only pipeline executions in status Executing can be stopped: {self._execution.arn} is "
                    f"{self._execution.status}."
                )
            self._become(replace(self._execution, status=Status.STOPPING, modified=self._clock.now()))
        self._performer.stopping.set()
        self._woken.set()

    def abandon(self) -> None:
        """The cloud ends: wait for nothing that runs."""
        with self._lock:
            if not self._execution.status.is_over:
                self._become(replace(self._execution, status=Status.FAILED, reason=CLOSED))
        self._performer.closing.set()
        self._performer.stopping.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._advance():
                self._woken.wait(_LOOK_SECONDS)
                self._woken.clear()
        except Exception:  # noqa: BLE001  the outermost edge: the execution must not seem to run for ever
            _log.exception("%s ended", self._thread.name)
            self._become(replace(self._execution, status=Status.FAILED, reason="InternalServerError"))
        finally:
            self._performer.close()

    def _advance(self) -> bool:
        """Start what can be started; whether there is anything to wait for."""
        with self._lock:
            if self._execution.status.is_over:
                return False
            for step in self._execution.startable():
                self._change(StepState(step, Status.STARTING, self._clock.now()))
                work = threading.Thread(target=self._perform, args=(step,), name=f"step {step.name}", daemon=True)
                work.start()
            if not self._execution.running:
                self._become(self._execution.end(now=self._clock.now()))
            return not self._execution.status.is_over

    def _perform(self, step: Step) -> None:
        """A step with its retries."""
        try:
            while (pause := self._attempt(step)) is not None:
                self._performer.rest(pause)
        except StepStopped:
            self._end(step, Status.STOPPED)
        except Exception as error:  # noqa: BLE001  the outermost edge: the step must not seem to run for ever
            if not self._performer.closing.is_set():
                _log.exception("step %s ended", step.name)
            self._end(step, Status.FAILED, f"InternalServerError: {error}")
        self._woken.set()

    def _attempt(self, step: Step) -> float | None:
        """Do it once; the wall's seconds until the next attempt if there is to be one. Raises StepStopped."""
        state = self._execution.steps[step.name]
        self._change(replace(state, status=Status.EXECUTING, attempts=state.attempts + 1))
        try:
            self._performer.perform(step, partial(self._report, step))
        except StepFailed as failed:
            pause = self._pause(step, failed)
            if pause is None:
                self._end(step, Status.FAILED, str(failed))
            return pause
        self._end(step, Status.SUCCEEDED)
        return None

    def _pause(self, step: Step, failed: StepFailed) -> float | None:
        state = self._execution.steps[step.name]
        now = self._clock.now()
        waits = (each.wait(failed.exception, state.attempts, started=state.started, now=now) for each in step.retries)
        pause = next((wait for wait in waits if wait is not None), None)
        return None if pause is None else self._clock.wall_seconds(pause.total_seconds())

    def _report(self, step: Step, metadata: Any) -> None:
        with self._lock:
            self._change(replace(self._execution.steps[step.name], metadata=metadata))

    def _end(self, step: Step, status: Status, reason: str = "") -> None:
        with self._lock:
            self._change(self._execution.steps[step.name].end(status, now=self._clock.now(), reason=reason))

    def _change(self, state: StepState) -> None:
        with self._lock:
            if self._execution.status.is_over:
                return
            before = self._execution.steps.get(state.step.name)
            self._execution = self._execution.with_step(state, now=self._clock.now())
            if before is None or before.status is not state.status:
                self._announce(self._execution, state, before.status if before else None)

    def _become(self, execution: Execution) -> None:
        with self._lock:
            before, self._execution = self._execution.status, execution
            if execution.status is not before:
                self._announce(execution, None, before)
