"""Training programs, named by the tests as a job would name its own."""

import json
import os
import signal
import time

from model_container.training_job import TrainingJob


def describe(job: TrainingJob) -> None:
    """Leaves what it was given where a model would be left."""
    seen = {
        "hyperparameters": dict(job.hyperparameters),
        "channels": {name: sorted(file.name for file in path.iterdir()) for name, path in job.channels.items()},
        "hosts": list(job.hosts),
        "current_host": job.current_host,
    }
    (job.model_dir / "seen.json").write_text(json.dumps(seen))
    (job.output_dir / "report.txt").write_text("done")


def fail(_: TrainingJob) -> None:
    raise ValueError("the labels are missing" + "!" * 2000)


def leave(_: TrainingJob) -> None:
    raise SystemExit(3)


def train_until_stopped(job: TrainingJob) -> None:
    """Saves its state when stopped; SageMaker's signal is played by the program itself."""
    job.on_stop(lambda: (job.checkpoint_dir / "state").write_text("step 7"))
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(30)
    finally:
        (job.output_dir / "unwound").touch()


NOT_A_FUNCTION = 7
