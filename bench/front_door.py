"""How fast is a warm prediction through the local front door, where does the time go, and how much memory serves it?

Beside Sluice's function, two that are as small as can be answer at the same front door: one at once, one after the same
AWS call. What Sluice costs is what it takes more than the second.
"""

import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import urlsplit

import boto3

from bench.handler import CALL, MODEL, OURS, TARGET_MS
from bench.measuring import Occasion, in_turn, percentile, table
from local_cloud.processes import free_port
from sluice.cli.http_client import sign

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = (ROOT / "examples/flights/requests/v1.json").read_bytes()
ROUNDS = 5
REQUESTS = {1: 60, 16: 240}  # of a round, by how many clients ask at once
AT_ONCE, ONE_CALL, SLUICE = "answered at once", "the AWS call alone", "Sluice"
PATHS = {AT_ONCE: "/floor/at-once", ONE_CALL: "/floor/one-call", SLUICE: f"/v1/models/{MODEL}:predict"}
FLOOR = Path(__file__).with_name("floor.py")
HANDLERS = {AT_ONCE: "floor.at_once", ONE_CALL: "floor.one_call"}


@dataclass(frozen=True, slots=True)
class Load:
    """What so many clients saw who each asked again as soon as they were answered."""

    milliseconds: list[float]
    requests_per_second: float


@contextmanager
def sluice_up(folder: Path) -> Iterator[tuple[int, str]]:
    """`sluice up` in a folder of its own: its process id and the API's URL; AWS clients are pointed at it."""
    (folder / "sluice.yaml").write_bytes((ROOT / "sluice.yaml").read_bytes())
    (folder / "build").symlink_to(ROOT / "build")
    ports = ["--port", str(free_port()), "--aws-port", str(free_port())]
    command = [sys.executable, "-c", "from sluice.cli import main; main()", "up", "--json", *ports]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=sys.stderr) as process:  # noqa: S603
        try:
            announced = _announcement(process)
            os.environ.update(announced["environment"])
            yield process.pid, announced["api_url"]
        finally:
            process.send_signal(signal.SIGINT)


def _announcement(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    line = process.stdout.readline() if process.stdout else b""  # ends when the process does
    if not line:
        raise SystemExit(f"sluice up ended with status {process.wait()}")
    announced: dict[str, Any] = json.loads(line)
    return announced


def add_floors() -> None:
    """Put the two small functions beside Sluice's, with its role, behind the same API."""
    lambda_, gateway = boto3.client("lambda"), boto3.client("apigatewayv2")
    functions = lambda_.list_functions()["Functions"]
    ours = next(function for function in functions if function["Handler"] == "lambdas.inference.handler")
    api = gateway.get_apis()["Items"][0]["ApiId"]
    endpoint = boto3.client("sagemaker").list_endpoints()["Endpoints"][0]["EndpointName"]
    for name, handler in HANDLERS.items():
        function = lambda_.create_function(
            FunctionName=handler.replace(".", "-"),
            Role=ours["Role"],
            Runtime=ours["Runtime"],
            Handler=handler,
            Code={"ZipFile": _zip(FLOOR)},
            Timeout=ours["Timeout"],
            Environment={"Variables": {"ENDPOINT": endpoint}},
        )
        integration = gateway.create_integration(
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=function["FunctionArn"],
            PayloadFormatVersion="2.0",
            TimeoutInMillis=29_000,
        )["IntegrationId"]
        route = {"RouteKey": f"POST {PATHS[name]}", "Target": f"integrations/{integration}"}
        gateway.create_route(ApiId=api, AuthorizationType="AWS_IAM", **route)


def _zip(file: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(file, file.name)
    return content.getvalue()


def ask(url: str, *, clients: int, requests: int) -> Load:
    """Ask so often; signed beforehand, so that what is timed is the answering. Raises RuntimeError when refused."""
    headers = sign(url, SAMPLE, {"Content-Type": "application/json"}, boto3.Session())
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        each = [pool.submit(_ask_in_turn, url, headers, requests // clients) for _ in range(clients)]
        milliseconds = [time_ for client in each for time_ in client.result()]
    return Load(milliseconds, len(milliseconds) / (time.perf_counter() - started))


def _ask_in_turn(url: str, headers: Mapping[str, str], requests: int) -> list[float]:
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=60)
    milliseconds = []
    for _ in range(requests):
        started = time.perf_counter()
        connection.request("POST", place.path, SAMPLE, dict(headers))
        answer = connection.getresponse()
        content = answer.read()
        milliseconds.append((time.perf_counter() - started) * 1000)
        if answer.status != 200:  # noqa: PLR2004
            raise RuntimeError(f"{place.path}: HTTP {answer.status}: {content[:300]!r}")
    connection.close()
    return milliseconds


def our_code() -> dict[str, Any]:
    """Medians of our code's parts in a fresh process, and the AWS calls a prediction: see bench/handler.py."""
    command = [sys.executable, "-m", "bench.handler", "--json"]
    measured: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)  # noqa: S603
    return measured


def memory_mb(root: int) -> dict[str, float]:
    """Proportional set size (shared pages counted once) of a process and all below it, by what each one is."""
    parents = {int(stat.parent.name): _parent(stat) for stat in Path("/proc").glob("[0-9]*/stat")}
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    used: dict[str, float] = {}
    for process in family:
        what = _what(Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8"))
        used[what] = used.get(what, 0) + _pss_mb(process)
    return used


def _parent(stat: Path) -> int:
    """The fourth field; the second is a name in parentheses that may hold anything."""
    try:
        return int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:  # it has just ended
        return 0


def _what(command_line: str) -> str:
    kinds = {"bootstrap.py": "Lambda workers", "model_container": "model containers", "watchdog.py": "watchdog"}
    return next((kind for word, kind in kinds.items() if word in command_line), "the local cloud itself")


def _pss_mb(process: int) -> float:
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    return sum(int(size) for size in re.findall(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)) / 1024


def loads_table(loads: Mapping[tuple[str, int], Sequence[Load]]) -> str:
    """One line a function and number of clients: medians of the rounds, and the 99th percentile of them all."""
    rows = []
    for (name, clients), rounds in loads.items():
        p50 = _p50(rounds)
        p99 = percentile([time_ for one in rounds for time_ in one.milliseconds], 99)
        rate = median(one.requests_per_second for one in rounds)
        times_sluice = p50 / _p50(loads[SLUICE, clients])
        many = "client" if clients == 1 else "clients"
        rows.append([f"{name}, {clients} {many}", f"{p50:.2f}", f"{p99:.1f}", f"{rate:.0f}", f"{times_sluice:.2f}"])
    return table(["function", "p50 ms", "p99 ms", "requests/s", "p50, times Sluice's"], rows)


def _p50(rounds: Sequence[Load]) -> float:
    return median(percentile(one.milliseconds, 50) for one in rounds)


def shares_table(at_once: float, one_call: float, sluice: float, *, ours: float, botocore: float) -> str:
    """Where the p50 (ms) of one client's prediction goes; the last two are measured by bench/handler.py."""
    parts = {
        "client, front door, Lambda worker with awslambdaric": at_once,
        "the AWS call: botocore": botocore,
        "the AWS call: IAM guard, runtime, model container": one_call - at_once - botocore,
        OURS: ours,
        "not explained by these": sluice - one_call - ours,
        "a prediction": sluice,
    }
    rows = [[part, f"{time_:.2f}", f"{time_ / sluice:.0%}"] for part, time_ in parts.items()]
    return table(["p50 of one client", "ms", "share"], rows)


def main() -> None:
    """Deploy to a local cloud, measure in turn, print the tables."""
    occasion = Occasion("fastapi", "mangum", "awslambdaric", "botocore", "uvicorn", "moto", "onnxruntime")
    with tempfile.TemporaryDirectory() as folder, sluice_up(Path(folder)) as (process, url):
        ask(url + PATHS[SLUICE], clients=16, requests=480)
        memory = memory_mb(process)
        add_floors()
        subjects: dict[Any, Callable[[], Any]] = {
            (name, clients): partial(ask, url + path, clients=clients, requests=REQUESTS[clients])
            for clients in REQUESTS
            for name, path in PATHS.items()
        }
        in_turn(subjects, rounds=1)  # starts all workers
        measured = in_turn({**subjects, OURS: our_code}, rounds=ROUNDS)
    _print(measured, memory, occasion)


def _print(measured: dict[Any, list[Any]], memory: Mapping[str, float], occasion: Occasion) -> None:
    handlers = measured.pop(OURS)
    ours, botocore = (median(one["parts"][part][0] for one in handlers) for part in (OURS, CALL))
    calls = {call: mean(one["calls"].get(call, 0) for one in handlers) for call in ("InvokeEndpoint", "GetItem")}
    at_once, one_call, sluice = (_p50(measured[name, 1]) for name in PATHS)
    print(f"\nThrough the local front door, warm, {ROUNDS} rounds in turn\n\n{loads_table(measured)}\n")
    print(shares_table(at_once, one_call, sluice, ours=ours, botocore=botocore))
    print(f"\nour code: {ours:.2f} ms, target {TARGET_MS}; AWS calls a prediction: {calls}\n")
    rows = [*sorted(memory.items(), key=lambda row: -row[1]), ("all", sum(memory.values()))]
    print(table(["memory while serving", "PSS MB"], [[what, f"{mb:.0f}"] for what, mb in rows]))
    print(f"\n{occasion}\n")


if __name__ == "__main__":
    main()
