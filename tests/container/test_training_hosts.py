"""Hosts of one training job that work together, in threads of one process."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local_cloud.processes import free_port
from model_container import hosts
from model_container.__main__ import main
from model_container.hosts import Follower, Lead, Message
from model_container.training_job import CannotTrain, TrainingJob

NAMES = ("algo-1", "algo-2", "algo-3")


def a_host(number: int, port: int, names: tuple[str, ...] = NAMES) -> TrainingJob:
    nowhere = Path("nowhere")
    return TrainingJob({}, {}, nowhere, nowhere, nowhere, names, names[number], lead_address=("127.0.0.1", port))


def doubled(message: Message) -> Message:
    return {"twice": 2 * message["number"]}


def ask(host: TrainingJob, number: int) -> Any:
    with Follower(host) as lead:
        return lead.ask({"number": number})["twice"]


def test_the_first_host_answers_the_others_and_leaves_last() -> None:
    port = free_port()
    with ThreadPoolExecutor(2) as threads:
        early = threads.submit(ask, a_host(1, port), 4)  # before anybody listens
        with Lead(a_host(0, port), doubled):
            late = threads.submit(ask, a_host(2, port), 5)

    assert (early.result(), late.result()) == (8, 10)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_first_host_that_fails_waits_for_nobody() -> None:
    with pytest.raises(ValueError, match="no rows"), Lead(a_host(0, free_port()), doubled):
        raise ValueError("no rows")


def test_an_only_host_has_nobody_to_listen_to() -> None:
    with Lead(a_host(0, 1, names=("algo-1",)), doubled):  # nobody may listen on port 1
        pass


def test_hosts_that_do_not_come_fail_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_PATIENCE_SECONDS", 0.05)

    with (
        pytest.raises(CannotTrain, match=r"waited 0\.05 s for algo-2, algo-3 to end"),
        Lead(a_host(0, free_port()), doubled),
    ):
        pass
    with pytest.raises(CannotTrain, match=r"algo-2 cannot reach algo-1: .*refused"):
        ask(a_host(1, free_port()), 1)


def test_a_question_that_cannot_be_answered_fails_who_asked(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with Lead(a_host(0, port, names=NAMES[:2]), doubled):
        follower = Follower(a_host(1, port))
        with pytest.raises(CannotTrain, match="algo-2 cannot reach algo-1"):
            follower.ask({"letter": "x"})
        with follower:
            pass  # it leaves

    assert "KeyError: 'number'" in capfd.readouterr().err


@pytest.mark.parametrize("lead", ["7070", "algo-1:x"])
def test_a_first_host_without_an_address_is_a_mistake(lead: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["train"], {"SLUICE_LEAD": lead})

    assert ended.value.code == 2
    assert "--lead" in capsys.readouterr().err
