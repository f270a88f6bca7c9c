"""How is a training program run? Found by name, given its job, and its failure told as SageMaker wants it told."""

import importlib
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from model_container import log
from model_container.training_job import PROGRAM, CannotTrain, JobUnreadable, TrainingJob, read_job
from sluice.domain.errors import SluiceError

Program = Callable[[TrainingJob], Any]
STOPPED = 128 + signal.SIGTERM
# SageMaker kills 120 s after SIGTERM; what is still saving by then would be cut off anyway.
_STOP_SECONDS = 110
# Of the failure file, so much becomes the job's FailureReason.
_LONGEST_REASON = 1024


class ProgramNotFound(SluiceError):
    """The hyperparameter that names the training program is missing or names nothing."""


def train(root: Path, lead: tuple[str, int] | None = None) -> int:
    """Run the job in ``root``; the exit code: 0 done, 1 failed (and why stands in output/failure), 143 stopped.

    ``lead`` is where the first of several hosts is reached, where that is not under its name.
    """
    log.configure()
    stopping = _Stopping()
    signal.signal(signal.SIGTERM, stopping.stop)
    try:
        job = read_job(root, stopping.saves.append, lead)
        program = find_program(job.hyperparameters.get(PROGRAM, ""))
        log.log("training.started", program=job.hyperparameters[PROGRAM], channels=list(job.channels))
        program(job)
    except (CannotTrain, JobUnreadable, ProgramNotFound) as error:
        return _fail(root, error, str(error))
    except SystemExit as leaving:
        if leaving.code in (None, 0, STOPPED):
            raise
        return _fail(root, leaving, f"the program left with {leaving.code!r}")
    except Exception as error:  # noqa: BLE001  a program may fail in any way; SageMaker is told which
        return _fail(root, error, f"{type(error).__name__}: {error}")
    log.log("training.completed")
    return 0


def find_program(name: str) -> Program:
    """The function named ``package.module:function``. Raises ProgramNotFound."""
    module_name, _, function_name = name.partition(":")
    if not module_name or not function_name:
        raise ProgramNotFound(f"hyperparameter {PROGRAM} must be 'package.module:function', got {name!r}")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ProgramNotFound(f"{PROGRAM} {name!r} cannot be imported: {error}") from error
    program = getattr(module, function_name, None)
    if not callable(program):
        raise ProgramNotFound(f"{PROGRAM} {name!r}: {module_name} has no function {function_name!r}")
    found: Program = program
    return found


class _Stopping:
    """SIGTERM: let the program save, unwind it, and end in time even if it will not."""

    def __init__(self) -> None:
        self.saves: list[Callable[[], object]] = []

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Runs between two instructions of the program, on its thread: saves see a state at rest."""
        del frame
        signal.signal(number, signal.SIG_IGN)
        last_resort = threading.Timer(_STOP_SECONDS, os._exit, (STOPPED,))
        last_resort.daemon = True
        last_resort.start()
        log.log("training.stopping", saves=len(self.saves))
        for save in self.saves:
            save()
        raise SystemExit(STOPPED)


def _fail(root: Path, error: BaseException, reason: str) -> int:
    log.log_failure("training.failed", error, reason=reason)
    output = root / "output"
    output.mkdir(parents=True, exist_ok=True)
    (output / "failure").write_text(reason[:_LONGEST_REASON], encoding="utf-8", errors="replace")
    return 1
