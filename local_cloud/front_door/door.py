"""Where do clients of the deployed HTTP API knock?"""

import socket
import threading
import time

import uvicorn

from local_cloud.context import LOOPBACK, CloudContext
from local_cloud.front_door.access_log import AccessLogs
from local_cloud.front_door.gateway import Gateway, Invoke

START_SECONDS = 10.0
GRACE_SECONDS = 2
KEEP_ALIVE_SECONDS = 60


class FrontDoor:
    """Serves the HTTP APIs of the local cloud on one loopback port, from a thread of its own.

    A request belongs to the API whose id begins its Host header, else to the youngest API.

    Args:
        context: The cloud; its moto server must run in this process.
        invoke: Runs a function (by ARN) on an event; called from many threads at once.
        port: 0 for any free one.

    """

    def __init__(self, context: CloudContext, *, invoke: Invoke, port: int) -> None:
        self._port = port
        self._logs = AccessLogs(context.client("logs"), stream="front-door")
        self._gateway = Gateway(context, invoke=invoke, logs=self._logs)
        self._socket: socket.socket | None = None
        config = uvicorn.Config(
            self._gateway,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # else a client could choose its source IP
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="front-door", daemon=True)

    @property
    def url(self) -> str:
        """The API's base URL, without a slash at its end."""
        return f"http://{LOOPBACK}:{self._port}"

    def start(self) -> None:
        """Listen; returns when requests are answered.

        Raises:
            OSError: The port is taken.

        """
        self._socket = socket.create_server((LOOPBACK, self._port), backlog=1024)
        self._port = self._socket.getsockname()[1]
        self._logs.start()
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise TimeoutError(f"the front door did not open in {START_SECONDS:.0f} s")
            time.sleep(0.005)

    def stop(self) -> None:
        """Answer what is under way for two seconds at most, then close; harmless when it never started."""
        if self._socket is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._gateway.close()
        self._logs.stop()
        self._socket.close()
        self._socket = None

    def _run(self) -> None:
        if self._socket is not None:
            self._server.run(sockets=[self._socket])
