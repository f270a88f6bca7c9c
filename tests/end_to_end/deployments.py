"""A deployment the way a person makes one: `sluice up` in a folder with a sluice.yaml, asked from other processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from local_cloud.processes import free_port

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
TWO_VARIANTS = (Path(__file__).parent / "two_variants.yaml").read_text(encoding="utf-8")
DEPLOY_SECONDS = 240


@dataclass
class Deployment:
    """A running `sluice up`."""

    folder: Path
    process: subprocess.Popen[str]
    api_url: str
    environment: Mapping[str, str]

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the deployment's folder, with the project's commands on the path."""
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, "PATH": path, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=DEPLOY_SECONDS,
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done

    def json(self, *command: str) -> Any:
        """What a sluice command prints with --json."""
        return json.loads(self.run("sluice", *command, "--json").stdout)


def lay_out(folder: Path, settings: str) -> Path:
    """A folder as a user would have it: sluice.yaml, the built models, the example's sample requests."""
    (folder / "sluice.yaml").write_text(settings, encoding="utf-8")
    for name in ("build", "examples"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@contextmanager
def sluice_up(folder: Path, *options: str, **environment: str) -> Iterator[Deployment]:
    """Bring a deployment up on free ports; stop it as Ctrl-C does."""
    command = [str(BIN / "sluice"), "up", "--json", "--port", str(free_port()), "--aws-port", str(free_port())]
    log = (folder / "up.log").open("w+", encoding="utf-8")
    process = subprocess.Popen(
        [*command, *options],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )
    try:
        announced = _announcement(process, log)
        yield Deployment(folder, process, announced["api_url"], announced["environment"])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        if process.stdout:
            process.stdout.close()
        log.close()


def _announcement(process: subprocess.Popen[str], log: IO[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()  # ends when the process does
    if not line:
        log.seek(0)
        raise AssertionError(f"sluice up ended with {process.wait()}: {log.read()}")
    announced: dict[str, Any] = json.loads(line)
    return announced


def processes(*words: str) -> list[int]:
    """Ids of the processes whose command lines hold all of these words."""
    lines = {each.pid: " ".join(each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"])}
    return [pid for pid, line in lines.items() if all(word in line for word in words)]


def left_behind(folder: Path) -> list[int]:
    """Processes of a folder that are still there a moment after their cloud: a killed one takes a while to go."""
    words = str(folder.resolve())
    deadline = time.monotonic() + 5
    while (found := processes(words)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def until(condition: Any, *, seconds: float, what: str, every: float = 0.1) -> Any:
    """The first true answer of ``condition()``, asked for ``every`` so many seconds; fails after ``seconds``.

    A condition that is a process or an API's answer takes from the machine what the deployment needs: ask it seldom.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(every)
    raise AssertionError(f"{what} did not happen within {seconds} s")
