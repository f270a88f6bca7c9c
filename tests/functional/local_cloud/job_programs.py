"""Training programs of tests, as hyperparameter ``sluice_program`` names them, and a processing program."""

import json
import os
import signal
import sys
import time
from pathlib import Path

from model_container.training_job import TrainingJob


def learn(job: TrainingJob) -> None:
    """Leaves what it was given."""
    seen = {
        "hyperparameters": dict(job.hyperparameters),
        "channels": {
            name: {
                str(file.relative_to(folder)): file.read_text() for file in sorted(folder.rglob("*")) if file.is_file()
            }
            for name, folder in job.channels.items()
        },
        "hosts": list(job.hosts),
        "current_host": job.current_host,
        "name": os.environ.get("TRAINING_JOB_NAME"),
        "environment": os.environ.get("COLOUR"),
        "folder": str(job.model_dir),
    }
    (job.model_dir / "seen.json").write_text(json.dumps(seen))
    (job.output_dir / f"{job.current_host}.txt").write_text("done")


def fail(job: TrainingJob) -> None:
    """Says why, at length; of two hosts only the second."""
    if job.current_host == job.hosts[-1]:
        raise ValueError("the labels are missing" + "!" * 2000)
    time.sleep(60)


def wait(job: TrainingJob) -> None:
    """Until it is stopped; what it had by then is saved."""
    job.on_stop(lambda: (job.model_dir / "saved.txt").write_text("in time"))
    (job.checkpoint_dir / "started.txt").write_text(job.current_host)
    time.sleep(60)


def ignore(job: TrainingJob) -> None:
    """Lives on after SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (job.checkpoint_dir / "started.txt").write_text("deaf")
    time.sleep(60)


def resume(job: TrainingJob) -> None:
    """Needs two lives."""
    state = job.checkpoint_dir / "rounds" / "state.txt"
    if state.exists():
        (job.model_dir / "rounds.txt").write_text(f"{state.read_text()} and the rest")
        return
    state.parent.mkdir()
    state.write_text("half")
    time.sleep(60)


def be_killed(job: TrainingJob) -> None:
    """As by the kernel when memory runs out."""
    del job
    os.kill(os.getpid(), signal.SIGKILL)


def process(arguments: list[str]) -> None:
    """``SOURCE TARGET``: copies in upper case, and says how much."""
    source, target = Path(arguments[0]), Path(arguments[1])
    texts = {file.name: file.read_text().upper() for file in sorted(source.iterdir())}
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (target / name).write_text(text)
    report = {"copied": len(texts), "env": os.environ.get("WHERE"), **json.loads(os.environ.get("REPORT", "{}"))}
    (target / "report.json").write_text(json.dumps(report))
    output = Path(os.environ["SLUICE_OPT_ML"]) / "output"
    output.mkdir(exist_ok=True)
    (output / "message").write_text(f"copied {len(texts)}")
    if "FAIL" in os.environ:
        (output / "failure").write_text("no rows")
        sys.exit(3)


def call(arguments: list[str]) -> None:
    """``KEY TARGET``: asks S3 for an object, and for what the role may not do; says what the time is."""
    import boto3  # noqa: PLC0415  the other programs call nothing
    from botocore.exceptions import ClientError  # noqa: PLC0415  the same

    s3 = boto3.client("s3")
    found = s3.get_object(Bucket="models", Key=arguments[0])["Body"].read().decode()
    try:
        s3.list_buckets()
    except ClientError as refused:
        found += f", {refused.response['Error']['Code']}"
    Path(arguments[1], "called.json").write_text(json.dumps({"found": found, "time": time.time()}))


if __name__ == "__main__":
    if sys.argv[1] == "call":
        call(sys.argv[2:])
    else:
        process(sys.argv[1:])
