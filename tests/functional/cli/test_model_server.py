import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from sluice.cli.model_server import serving
from sluice.cli.target import UsageProblem
from sluice.domain.invocation import InvocationFailed
from sluice.domain.message import Message
from tests.container.graphs import a_model_directory, identity

SERVE_FOR_EVER = """
import sys, time
from pathlib import Path
from sluice.cli.model_server import serving
with serving(Path(sys.argv[1]), "v2"):
    print("serving", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return a_model_directory(tmp_path / "v2", identity())


def test_a_directory_is_served_until_the_end_of_the_block(directory: Path) -> None:
    with serving(directory, "v2") as server:
        answer = server.answer(Message(b'{"instances":[[1,2,3]]}', "application/json"), inference_id="i")
        with pytest.raises(InvocationFailed, match=r"v2: ModelError: 400: .*instances\[0\]") as refused:
            server.answer(Message(b'{"instances":["a"]}', "application/json"), inference_id="i")

    assert answer.decode() == {"predictions": [[1.0, 2.0, 3.0]]}
    assert refused.value.code == "ModelError"
    with pytest.raises(InvocationFailed, match="v2: ConnectionFailed"):
        server.answer(Message(b'{"instances":[[1,2,3]]}', "application/json"), inference_id="i")


def test_a_directory_without_a_model_says_so_in_the_containers_words(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageProblem, match=r"cannot be served here: .*model\.onnx does not exist"),
        serving(tmp_path, "v2"),
    ):
        pass


def test_a_command_that_is_told_to_end_leaves_no_container_behind(directory: Path) -> None:
    command = [sys.executable, "-c", SERVE_FOR_EVER, str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        (container,) = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM

    deadline = time.monotonic() + 5
    while container.is_running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not container.is_running()
