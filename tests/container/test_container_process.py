"""The process from start to end: what it prints, when it is ready, how it stops."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local_cloud.processes import free_port
from tests.container.graphs import a_model_directory, a_signature, identity, slow
from tests.container.running import (
    Container,
    Reply,
    a_container,
    a_started_container,
    run_to_its_end,
    wait_until_ready,
)

# Long enough to be seen under way on any machine: one multiplication takes some ten microseconds.
MANY_MULTIPLICATIONS = 100_000


def poll(answer: Callable[[], Any], *, within_seconds: float = 10) -> Any:
    deadline = time.monotonic() + within_seconds
    while not (found := answer()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def start_long_run(container: Container, pool: ThreadPoolExecutor) -> Future[Reply]:
    """A request whose model run is under way: the process uses the CPU while no answer has come."""
    before = cpu_seconds(container)
    pending = pool.submit(container.invoke, {"instances": [MANY_MULTIPLICATIONS]})
    assert poll(lambda: cpu_seconds(container) > before + 0.05)
    assert not pending.done()
    return pending


def cpu_seconds(container: Container) -> float:
    fields = Path(f"/proc/{container.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_ping_is_answered_while_the_model_runs(tmp_path: Path) -> None:
    with a_container(a_model_directory(tmp_path, slow()), tmp_path / "log") as container, ThreadPoolExecutor(1) as pool:
        pending = start_long_run(container, pool)

        ping, still_running = container.ask("GET", "/ping"), not pending.done()

        assert (ping.status, still_running) == (200, True)
        assert pending.result().json == {"predictions": [MANY_MULTIPLICATIONS]}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_request_under_way_finish_and_ends_with_zero(tmp_path: Path, number: int) -> None:
    with a_container(a_model_directory(tmp_path, slow()), tmp_path / "log") as container, ThreadPoolExecutor(1) as pool:
        pending = start_long_run(container, pool)

        os.kill(container.child.pid, number)

        assert poll(lambda: refuses_connections(container.port))
        assert container.child.is_running
        assert pending.result().json == {"predictions": [MANY_MULTIPLICATIONS]}
        assert container.wait_for_exit() == 0
        assert container.events()[-1]["event"] == "server.stopped"


def refuses_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_killed_process_is_gone_at_once_and_another_takes_its_port(tmp_path: Path) -> None:
    directory = a_model_directory(tmp_path, identity())
    with a_container(directory, tmp_path / "log") as container:
        container.child.kill()

        assert container.child.exit_code == -signal.SIGKILL
        assert refuses_connections(container.port)


def test_a_model_that_is_not_there_ends_the_process_with_one_clear_line(tmp_path: Path) -> None:
    ended = run_to_its_end(["serve", "--model-dir", str(tmp_path), "--port", str(free_port())])

    assert ended.returncode == 1
    assert ended.stderr == f"model_container: {tmp_path / 'model.onnx'} does not exist\n"


def test_a_corrupt_model_ends_the_process_with_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a graph")

    ended = run_to_its_end(["serve", "--model-dir", str(tmp_path), "--port", str(free_port())])

    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "model.onnx cannot be loaded: [ONNXRuntimeError] : 7 : INVALID_PROTOBUF" in ended.stderr
    assert "Traceback" not in ended.stdout


def test_a_port_in_use_ends_the_process_with_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ended = run_to_its_end(["serve", "--model-dir", str(tmp_path)], SAGEMAKER_BIND_TO_PORT=str(port))

    assert ended.returncode == 2
    assert ended.stderr == f"model_container: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        ([], {}, "required: command"),
        (["serve"], {"SAGEMAKER_BIND_TO_PORT": "http"}, "invalid int value: 'http'"),
        (["serve", "--port", "99999"], {}, "cannot listen on 127.0.0.1:99999: "),
        (["serve", "--port", "0"], {"SLUICE_BIND_HOST": "192.0.2.1"}, "cannot listen on 192.0.2.1:0: "),
        (["serve", "--port", "0"], {"SLUICE_BIND_HOST": "no such host"}, "cannot listen on no such host:0: "),
    ],
)
def test_a_start_that_makes_no_sense_ends_with_two_and_says_why(
    arguments: list[str], environment: dict[str, str], says: str
) -> None:
    ended = run_to_its_end(arguments, **environment)

    assert ended.returncode == 2
    assert says in ended.stderr.splitlines()[-1]


def answers_that_it_loads(container: Container) -> bool:
    try:
        return container.ask("GET", "/ping").status == 503
    except ConnectionError:
        return False


def a_directory_that_loads_when_told(tmp_path: Path) -> Path:
    """Its signature is a pipe: reading it waits until somebody writes."""
    directory = a_model_directory(tmp_path / "model", identity())
    os.mkfifo(directory / "signature.json")
    return directory


def test_until_the_model_is_loaded_the_process_says_503(tmp_path: Path) -> None:
    directory = a_directory_that_loads_when_told(tmp_path)
    with a_started_container(directory, tmp_path / "log") as container:
        assert poll(lambda: answers_that_it_loads(container))

        paths = ["/ping", "/v2/health/ready", "/v2/models/model", "/v2/models/model/ready"]
        early = [container.ask("GET", path).status for path in paths]
        invoked = container.invoke({"instances": [[1, 2, 3]]})
        (directory / "signature.json").write_text(json.dumps(a_signature().to_dict()))
        wait_until_ready(container)

        assert early == [503] * 4
        assert (invoked.status, invoked.json["detail"]) == (503, "the model is still loading")
        assert container.ask("GET", "/v2/health/live").status == 200
        assert [container.ask("GET", path).status for path in paths] == [200] * 4


def test_sigterm_ends_a_process_that_still_loads(tmp_path: Path) -> None:
    with a_started_container(a_directory_that_loads_when_told(tmp_path), tmp_path / "log") as container:
        assert poll(lambda: answers_that_it_loads(container))

        os.kill(container.child.pid, signal.SIGTERM)

        assert container.wait_for_exit() == 0


def test_a_caller_that_leaves_half_way_leaves_no_stack_trace(tmp_path: Path) -> None:
    with a_container(a_model_directory(tmp_path, identity()), tmp_path / "log") as container:
        with socket.create_connection(("127.0.0.1", container.port)) as caller:
            caller.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")

        assert container.ask("GET", "/ping").status == 200
        assert poll(lambda: b'status="499"' in container.ask("GET", "/metrics").body)
        assert [event["event"] for event in container.events()] == ["server.listening", "model.loaded"]
