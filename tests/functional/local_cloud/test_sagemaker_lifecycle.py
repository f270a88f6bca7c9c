import socket
from pathlib import Path

import pytest

from tests.functional.local_cloud.sagemaker_builders import a_sagemaker_cloud, a_variant, model_processes


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
def test_stopping_while_an_endpoint_is_created_leaves_no_process(tmp_path: Path) -> None:
    with a_sagemaker_cloud(tmp_path) as cloud:
        config = cloud.a_config(a_variant("champion", cloud.a_model("v1", {"NEVER_HEALTHY": "1"})))
        cloud.control.create_endpoint(EndpointName="cut-short", EndpointConfigName=config)
        assert cloud.status("cut-short") == "Creating"

    assert not model_processes(tmp_path)
    assert not list((tmp_path / "models").iterdir())


def test_a_port_in_use_is_an_error_before_anything_starts(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="in use"),
        a_sagemaker_cloud(tmp_path, runtime_port=taken.getsockname()[1]),
    ):
        pass
