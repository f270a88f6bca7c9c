"""How does the serving process live? It listens, loads, answers, and drains when told to stop."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn

from model_container import log
from model_container.app import create_app
from model_container.errors import CannotListen, ModelUnusable
from model_container.model_directory import LoadedModel, load
from model_container.runner import Runner
from model_container.serving import ServedModel, Serving

# SageMaker kills 30 s after SIGTERM.
_DRAIN_SECONDS = 25
# Longer than the idle time of the pools in front of us, so that it is they who close.
_KEEP_ALIVE_SECONDS = 75


def serve(model_directory: Path, host: str, port: int, *, allow_cpu: bool) -> int:
    """Serve until SIGTERM or SIGINT; the process's exit code. Raises CannotListen."""
    listener = _listen(host, port)
    log.configure()
    log.log("server.listening", host=host, port=listener.getsockname()[1], pid=os.getpid())
    serving = Serving()
    config = uvicorn.Config(
        create_app(serving),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    thread = ThreadPoolExecutor(1, thread_name_prefix="model")
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        load_model = partial(load, model_directory, allow_cpu=allow_cpu)
        code = runner.run(_run(_DrainingServer(config, serving), listener, thread, load_model))
    log.log("server.stopped", code=code)
    _leave(thread, code)
    return code


class _DrainingServer(uvicorn.Server):
    """uvicorn, except that a signal makes readiness false at once and the process then ends with 0."""

    def __init__(self, config: uvicorn.Config, serving: Serving) -> None:
        super().__init__(config)
        self.serving = serving

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start to drain; a second Ctrl-C does not wait for requests under way."""
        del frame
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.serving.draining = self.should_exit = True

    def give_up(self, reason: str) -> int:
        """End the process because it can never answer; its exit code."""
        sys.stderr.write(f"model_container: {reason}\n")
        self.should_exit = True
        return 1


async def _run(
    server: _DrainingServer, listener: socket.socket, thread: ThreadPoolExecutor, load_model: Callable[[], LoadedModel]
) -> int:
    """Answer /ping with 503 from the start, load meanwhile; the exit code."""
    loading = asyncio.create_task(_load(server, thread, load_model))
    await server.serve(sockets=[listener])
    return loading.result() if loading.done() else 0


async def _load(server: _DrainingServer, thread: ThreadPoolExecutor, load_model: Callable[[], LoadedModel]) -> int:
    started = time.perf_counter()
    try:
        model = await asyncio.get_running_loop().run_in_executor(thread, load_model)
    except ModelUnusable as error:
        return server.give_up(str(error))
    except Exception as error:  # noqa: BLE001  a process that can never answer must end, whatever the reason
        log.log_failure("model.load_failed", error)
        return server.give_up(f"the model cannot be loaded: {type(error).__name__}")
    signature, providers = model.signature, model.predictor.providers
    server.serving.serve(ServedModel(signature, Runner(model.predictor, thread)))
    server.serving.metrics.model_loaded(signature.model, signature.version, providers[0])
    log.log(
        "model.loaded",
        model=signature.model,
        version=signature.version,
        providers=providers,
        seconds=round(time.perf_counter() - started, 3),
    )
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket before anything is loaded: a port in use is told at once."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CannotListen(f"cannot listen on {host}:{port}: {reason}") from error
    return listener


def _leave(thread: ThreadPoolExecutor, code: int) -> None:
    """End without waiting for a model that is stuck in a run or a load: Python itself would join its thread."""
    try:
        thread.submit(int).result(timeout=0.1)
    except TimeoutError:
        sys.stdout.flush()
        os._exit(code)
