"""The app without a process, for what a running process should never do."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from model_container.app import create_app
from model_container.metrics import Metrics
from model_container.model_directory import load
from model_container.runner import Runner
from model_container.serving import ServedModel, Serving
from tests.container.graphs import a_model_directory, identity


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    loaded, state = load(a_model_directory(tmp_path / "model", identity())), Serving()
    with ThreadPoolExecutor(1) as thread:
        state.serve(ServedModel(loaded.signature, Runner(loaded.predictor, thread)))
        yield state


def ask(serving: Serving, method: str, path: str, body: bytes = b"") -> tuple[int, bytes, Exception | None]:
    """Status, body, and what the app raised after it had answered."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": []}
    raised = None

    async def answer() -> None:
        await create_app(serving)(scope, receive, send)

    try:
        asyncio.run(answer())
    except ZeroDivisionError as bug:
        raised = bug
    return sent[0]["status"], sent[1]["body"], raised


def test_a_process_that_drains_is_not_ready_but_still_answers(serving: Serving) -> None:
    before = ask(serving, "GET", "/ping")

    serving.draining = True

    assert before[:2] == (200, b"")
    assert ask(serving, "GET", "/ping")[:2] == (503, b"")
    assert ask(serving, "GET", "/v2/health/ready")[0] == 503
    assert ask(serving, "POST", "/invocations", b'{"instances": [[1, 2, 3]]}')[0] == 200


@pytest.mark.parametrize("path", ["/invocations", "/v2/models/model/infer"])
def test_a_bug_is_answered_without_its_details_and_raised_for_the_log(serving: Serving, path: str) -> None:
    class BrokenMetrics(Metrics):
        def rows_answered(self, rows: int) -> None:
            raise ZeroDivisionError(f"a secret: {rows}")

    serving.metrics = BrokenMetrics()
    body = b'{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}]}'

    status, answer, raised = ask(serving, "POST", path, body)

    assert status == 500
    assert b"this is a bug of the container; its log says more" in answer
    assert b"secret" not in answer
    assert isinstance(raised, ZeroDivisionError)
