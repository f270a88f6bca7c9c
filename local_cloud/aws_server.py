"""Who answers the AWS APIs on this machine? Moto's server, in threads of our own process."""

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from moto.core.base_backend import BackendDict
from moto.core.common_models import BaseModel
from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from local_cloud.context import LOOPBACK, REGION
from local_cloud.problem import PortInUse

_BACKLOG = 128
_POLL_SECONDS = 0.05  # how long a stop may go unnoticed
_CONFIG: Mapping[str, Mapping[str, bool]] = {
    "iam": {"load_aws_managed_policies": True},
    "lambda": {"use_docker": False},
    "stepfunctions": {"execute_state_machine": True},
}
# Moto makes boto3 clients of its own: they must not read this machine's AWS settings, nor reach AWS.
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local-root",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SECRET_ACCESS_KEY": "local-root-secret",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_FORBIDDEN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION")


class _QuietHandler(MotoRequestHandler):  # type: ignore[misc]  # untyped
    """Moto's request handler without a line for each request."""

    def log_request(self, *_: object) -> None:
        """Say nothing."""


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]  # untyped
    """Moto's dispatcher, which remembers whose host is whose: it would list its own folder twice for each request."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._backends: dict[str | None, object] = {}

    def get_backend_for_host(self, host: str | None) -> object:
        """The backend of a host. Moto's lock is held."""
        if host not in self._backends:
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]


class AwsServer:
    """Moto's server; starting and stopping it forget all that was in it.

    A process holds one at a time: moto keeps its state in module variables. What goes wrong inside is in ``log``.
    """

    def __init__(self, port: int, *, log: Path) -> None:
        self._port, self._log = port, log
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._undo = contextlib.ExitStack()

    @property
    def url(self) -> str:
        """Where it answers; by name, because moto looks for bucket names in the path only under ``localhost``."""
        return f"http://localhost:{self._port}"

    def start(self) -> None:
        """Answer from now on; raises PortInUse."""
        with listen(self._port) as listening:
            BackendDict.reset()
            self._undo.callback(BackendDict.reset)
            self._undo.enter_context(_settings(self._port))
            self._undo.enter_context(_logged(self._log))
            self._server = make_server(
                LOOPBACK,
                self._port,
                _Dispatcher(),
                threaded=True,
                request_handler=_QuietHandler,
                fd=listening.fileno(),
            )
        serve, poll = self._server.serve_forever, {"poll_interval": _POLL_SECONDS}
        self._thread = threading.Thread(target=serve, kwargs=poll, name="moto", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
        self._undo.close()


def listen(port: int) -> socket.socket:
    """A socket that listens on a loopback port; raises PortInUse."""
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise PortInUse(port) from error
    return listening


@contextlib.contextmanager
def _settings(port: int) -> Iterator[None]:
    """Moto configured for us, and nothing of this machine's AWS settings around it."""
    configured = {key: dict(value) for key, value in default_user_config.items()}
    ours = {**_ENVIRONMENT, "MOTO_PORT": str(port)}
    foreign = [name for name in os.environ if name in _FORBIDDEN or name.startswith("AWS_ENDPOINT_URL")]
    inherited = {name: os.environ.pop(name, None) for name in [*ours, *foreign]}
    tracking = BaseModel.__new__
    default_user_config.update({key: {**configured.get(key, {}), **value} for key, value in _CONFIG.items()})
    os.environ.update(ours)
    # Moto remembers every object it ever made, for its dashboard: a cloud that runs for days would only grow.
    BaseModel.__new__ = lambda cls, *_, **__: object.__new__(cls)
    try:
        yield
    finally:
        BaseModel.__new__ = tracking
        for name in inherited:
            os.environ.pop(name, None)
        os.environ.update({name: value for name, value in inherited.items() if value is not None})
        default_user_config.update(configured)


@contextlib.contextmanager
def _logged(path: Path) -> Iterator[None]:
    """What moto and its server have to say goes into a file."""
    handler = logging.FileHandler(path, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("werkzeug", "moto")]
    propagating = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, propagating, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagate
        handler.close()
