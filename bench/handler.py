"""What does our deployed code cost a prediction: all that the function does but its AWS call, part by part?"""

import asyncio
import inspect
import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, cast

import botocore.httpsession
from awslambdaric.bootstrap import Unbuffered

from bench.measuring import Occasion, percentile, table
from sluice.domain.routing import Routing
from sluice.domain.signature import Signature

ROOT = Path(__file__).resolve().parent.parent
PREDICTIONS = 400
WARM_UP = 50
MODEL = "flights"
TARGET_MS = 1.5
# Each part, and what is timed within it but counted as parts of its own.
PARTS = {
    "Mangum and FastAPI": ("handler", ["answer"]),
    "route: ids, routing table, headers": ("answer", ["read", "predict", "record"]),
    "body against the signature": ("read", []),
    "variant, checks of the answer": ("predict", ["call"]),
    "metrics and log line": ("record", []),
}
OURS = "Sluice's deployed code"
CALL = "not ours: botocore's call, answered at once"


class Lap(NamedTuple):
    """Milliseconds of the wall clock, and of this thread's CPU time."""

    wall: float
    cpu: float


class Stopwatch:
    """Times functions where they stand; one inside another counts in both.

    Attributes:
        laps: The last time of each, by the name it was given.

    """

    def __init__(self) -> None:
        self.laps: dict[str, Lap] = {}

    def watch(self, owner: Any, attribute: str, name: str) -> None:
        """From now on, time the function or coroutine function that is this attribute."""
        function = getattr(owner, attribute)

        async def timed_coroutine(*arguments: Any, **named: Any) -> Any:
            with self.lap(name):
                return await function(*arguments, **named)

        def timed(*arguments: Any, **named: Any) -> Any:
            with self.lap(name):
                return function(*arguments, **named)

        setattr(owner, attribute, timed_coroutine if inspect.iscoroutinefunction(function) else timed)

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Time a block."""
        wall, cpu = time.perf_counter(), time.thread_time()
        yield
        self.laps[name] = Lap((time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000)


def parts_of(laps: Mapping[str, Lap]) -> dict[str, Lap]:
    """What each part took by itself, all of ours together, and what is not ours."""
    parts = {name: _without(laps[whole], [laps[part] for part in inner]) for name, (whole, inner) in PARTS.items()}
    return {**parts, OURS: _without(laps["handler"], [laps["call"]]), CALL: laps["call"]}


def _without(whole: Lap, inner: Sequence[Lap]) -> Lap:
    return Lap(whole.wall - sum(lap.wall for lap in inner), whole.cpu - sum(lap.cpu for lap in inner))


def a_prediction_event() -> dict[str, Any]:
    """What API Gateway sends for the example's sample request, signed with IAM."""
    recorded = ROOT / "tests/events"
    event: dict[str, Any] = json.loads((recorded / "http_api.json").read_text(encoding="utf-8"))
    context = event["requestContext"]
    context["http"]["method"] = "POST"
    event["rawPath"] = context["http"]["path"] = f"/v1/models/{MODEL}:predict"
    event["headers"]["content-type"] = "application/json"
    event["body"] = (ROOT / "examples/flights/requests/v1.json").read_text(encoding="utf-8")
    context["authorizer"] = json.loads((recorded / "authorizers.json").read_text(encoding="utf-8"))["iam"]
    return event


def answered_at_once() -> dict[bytes, bytes]:
    """The whole answers of DynamoDB and of a variant, by a word in the request's head."""
    signature = Signature.from_dict(json.loads((ROOT / "build/flights/v1/signature.json").read_text(encoding="utf-8")))
    versions, weights = {"champion": "1", "challenger": "2"}, {"champion": 90, "challenger": 10}
    routing = Routing(MODEL, f"sluice-{MODEL}", MODEL, weights, versions, signature)
    rows = len(json.loads(a_prediction_event()["body"])["instances"])
    predictions = [{"label": 0, "probabilities": [0.91, 0.09]}] * rows
    return {
        b"GetItem": _response({"Item": {"document": {"S": json.dumps(routing.to_dict())}}}),
        b"/invocations": _response({"predictions": predictions}, "X-Amzn-Invoked-Production-Variant: champion\r\n"),
    }


def _response(content: Any, header: str = "") -> bytes:
    body = json.dumps(content)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{header}Content-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


class Stub(asyncio.Protocol):
    """AWS, as fast as it could be."""

    def __init__(self) -> None:
        self._answers = answered_at_once()
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to answer."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer when a whole request is there."""
        self._received += data
        head, _, body = self._received.partition(b"\r\n\r\n")
        size = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if size and len(body) >= int(size[1]):
            self._received = b""
            self._transport.write(next(answer for word, answer in self._answers.items() if word in head))


async def _serve(announce: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", 0)
    announce.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _serve_in_a_process(announce: Connection) -> None:
    asyncio.run(_serve(announce))


@contextmanager
def stubbed_aws() -> Iterator[str]:
    """The address of a stub in a process of its own, which takes no CPU time from what is measured."""
    spawn = multiprocessing.get_context("spawn")
    ours, announce = spawn.Pipe()
    process = spawn.Process(target=_serve_in_a_process, args=(announce,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _handler(url: str) -> Callable[[dict[str, Any], None], dict[str, Any]]:
    """The deployed handler, built in an environment like the function's, in which everything is at this URL."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SLUICE_"))]:
        del os.environ[name]
    os.environ.update(
        AWS_ACCESS_KEY_ID="none",
        AWS_ENDPOINT_URL=url,
        AWS_REGION="us-east-1",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_SECRET_ACCESS_KEY="none",  # noqa: S106  the stub asks for none
        SLUICE_MODELS=MODEL,
        SLUICE_TABLE="state",
    )
    import lambdas.inference  # noqa: PLC0415  reads the environment

    return cast("Callable[[dict[str, Any], None], dict[str, Any]]", lambdas.inference.handler)


def _watch(stopwatch: Stopwatch, calls: Counter[str]) -> None:
    """Time the parts, and count what leaves botocore for the network."""
    from sluice.api import inference, recording  # noqa: PLC0415  see _handler
    from sluice.aws.runtime import Runtime  # noqa: PLC0415
    from sluice.service.predict import Predictor  # noqa: PLC0415

    stopwatch.watch(inference, "answer", "answer")
    stopwatch.watch(inference, "read_v1", "read")
    stopwatch.watch(recording, "record", "record")
    stopwatch.watch(Predictor, "predict", "predict")
    stopwatch.watch(Runtime, "invoke", "call")
    send = botocore.httpsession.URLLib3Session.send

    def counted(session: Any, request: Any) -> Any:
        calls["InvokeEndpoint" if request.url.endswith("/invocations") else "GetItem"] += 1
        return send(session, request)

    botocore.httpsession.URLLib3Session.send = counted


def measure() -> tuple[list[dict[str, Lap]], Counter[str]]:
    """The parts of each warm prediction, and the AWS calls of all of them together."""
    stopwatch, calls, event = Stopwatch(), Counter[str](), a_prediction_event()
    measured = []
    # Metrics are written the way Lambda's runtime client has functions write: to a file, unbuffered.
    with stubbed_aws() as url, tempfile.TemporaryFile("w") as log, redirect_stdout(cast("Any", Unbuffered(log))):
        handler = _handler(url)
        _watch(stopwatch, calls)
        for number in range(WARM_UP + PREDICTIONS):
            if number == WARM_UP:
                calls.clear()
            with stopwatch.lap("handler"):
                answer = handler(event, None)
            if answer["statusCode"] != 200:  # noqa: PLR2004
                raise RuntimeError(f"no prediction: {answer}")
            measured.append(parts_of(stopwatch.laps))
    return measured[WARM_UP:], calls


def main() -> None:
    """Measure and print; with --json, the median Lap of each part and the calls a prediction."""
    occasion = Occasion("fastapi", "mangum", "aws-lambda-powertools", "pydantic", "botocore")
    measured, calls = measure()
    medians = {
        part: Lap(*(percentile(times, 50) for times in zip(*(one[part] for one in measured), strict=True)))
        for part in measured[0]
    }
    a_prediction = {operation: number / PREDICTIONS for operation, number in calls.items()}
    if "--json" in sys.argv:
        print(json.dumps({"parts": medians, "calls": a_prediction}))
        return
    ours = medians[OURS]
    rows = [[part, f"{lap.wall:.3f}", f"{lap.cpu:.3f}", f"{lap.wall / ours.wall:.0%}"] for part, lap in medians.items()]
    print(table(["p50 of a prediction", "wall ms", "CPU ms", "share"], rows))
    print(f"\ntarget: {TARGET_MS} ms; AWS calls a prediction: {a_prediction} of {PREDICTIONS}\n\n{occasion}\n")


if __name__ == "__main__":
    main()
