import os
import signal
import socket
import subprocess
from pathlib import Path

from local_cloud.processes import free_port
from tests.end_to_end.deployments import BIN, TWO_VARIANTS, Deployment, lay_out, left_behind, until


def up(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "sluice", "up", "--aws-port", str(free_port()), *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_second_cloud_in_the_same_folder_is_refused(deployment: Deployment) -> None:
    done = up(deployment.folder, "--port", str(free_port()))

    assert done.returncode == 2
    assert "a local cloud already serves" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_named_and_nothing_is_left_running(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = up(lay_out(tmp_path, TWO_VARIANTS), "--port", str(port))

    assert done.returncode == 2
    assert f"port {port} is in use" in done.stderr
    assert left_behind(tmp_path) == []


def test_a_model_that_is_not_there_ends_the_start_with_its_name(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, TWO_VARIANTS.replace("build/flights/v2", "build/flights/v9"))

    done = up(folder, "--port", str(free_port()))

    assert done.returncode == 2
    assert "variants.challenger.artifact" in done.stderr
    assert "Traceback" not in done.stderr
    assert left_behind(tmp_path) == []


def test_ctrl_c_while_it_deploys_stops_everything(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, TWO_VARIANTS)
    command = [str(BIN / "sluice"), "up", "--port", str(free_port()), "--aws-port", str(free_port())]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    log = folder / ".sluice/logs/cdk-synth.log"
    until(log.exists, seconds=120, what="the start of the deploy")

    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=120)

    assert "stopping" in output
    assert "Traceback" not in output
    assert left_behind(tmp_path) == []
