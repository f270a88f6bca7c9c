import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.processes import free_port
from local_cloud.state_file import State, StateFile
from sluice.cli.doctor import examine
from sluice.cli.machine import examine_machine, judge_curl, judge_node, judge_port


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize(
    ("found", "is_ours", "is_well"),
    [
        ("v22.21.0", False, True),
        ("v24.19.0", False, True),
        ("v20.19.2", False, False),
        ("v23.1.0", False, False),
        ("v25.1.0", False, False),
        ("v25.1.0", True, True),
        ("not found", False, False),
        ("does not run: exec format error", True, False),
    ],
)
def test_node_is_one_that_jsii_supports_or_our_own(found: str, *, is_ours: bool, is_well: bool) -> None:
    finding = judge_node(found, is_ours=is_ours)

    assert finding.is_well is is_well
    assert "make setup" in finding.remedy


@pytest.mark.parametrize(
    ("found", "is_well"),
    [
        ("curl 7.76.0 (x86_64-pc-linux-gnu) libcurl/7.76.0", True),
        ("curl 8.5.0 (aarch64-apple-darwin)", True),
        ("curl 7.75.0 (x86_64-pc-linux-gnu)", False),
        ("not found", False),
    ],
)
def test_an_old_or_absent_curl_is_a_hint_and_no_fault(found: str, *, is_well: bool) -> None:
    finding = judge_curl(found)

    assert (finding.is_well, finding.is_needed) == (is_well, False)
    assert "≥ 7.76" in finding.remedy


def test_a_port_that_somebody_else_has_is_named_with_the_way_around_it(busy_port: int) -> None:
    finding = judge_port(busy_port, own_ports=())

    assert not finding.is_well
    assert finding.check == f"Port {busy_port}"
    assert "--port" in finding.remedy
    assert "--aws-port" in finding.remedy


def test_a_port_is_well_when_it_is_free_or_our_own_clouds(busy_port: int) -> None:
    assert judge_port(free_port(), own_ports=()).is_well
    assert judge_port(busy_port, own_ports=[busy_port]).is_well


def test_every_finding_about_the_machine_has_a_remedy() -> None:
    findings = examine_machine([free_port()], own_ports=())

    assert all(finding.remedy for finding in findings)
    assert "Virtual environments" in {finding.check for finding in findings}


def test_what_our_running_cloud_listens_on_is_not_held_against_it(tmp_path: Path) -> None:
    (tmp_path / ".sluice").mkdir()
    pid_of_somebody_else = 1  # whom a user may not signal, and who is alive all the same
    state = State(pid_of_somebody_else, "http://127.0.0.1:8080", "http://localhost:4566", {})
    StateFile(tmp_path / ".sluice").write(state)

    findings = {finding.check: finding for finding in examine(tmp_path / "sluice.yaml")}

    assert findings["Local cloud"].found == "running at http://127.0.0.1:8080"
    assert {findings[f"Port {port}"].found for port in (8080, 4566)} == {"our own local cloud's"}
