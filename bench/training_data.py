"""What does it take to make training data of a million captured rows? Time, memory, and calls of AWS.

The command's own code, its processes and botocore included. S3 and DynamoDB are played by a process that answers at
once: it serves generated capture files, and to each prediction a label. Its share of the two cores is in the time.
"""

import argparse
import io
import json
import os
import resource
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import numpy as np
import orjson
from rich.console import Console
from rich.progress import Progress

from bench.measuring import Occasion, table
from bench.summarise import CATEGORICAL, CLASSES, NAMES, NUMERIC
from sluice.cli.assemble_here import Job, Place, assemble
from sluice.domain.attribution import unit_hash
from sluice.domain.errors import InvalidTrainingData
from sluice.domain.signature import Datatype, Signature, TensorSpec
from sluice.domain.training.choose import Terms
from sluice.domain.training.fit import Wanted
from sluice.domain.training.split import Shares
from sluice.service.assemble_training_data import Order

ROWS = 1_000_000
PER_FILE = 5_000  # rows
BATCHES = (1, 100)
START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + timedelta(days=30)
TARGET_SECONDS, TARGET_GB = 60, 1.5
_FOLDER = "captures/sluice-flights/champion"
_MICROS = 1_000_000


def signature() -> Signature:
    """As many inputs as the example's."""
    kinds = {f"number_{place}": Datatype.FP32 for place in range(NUMERIC)}
    kinds |= {f"word_{place}": Datatype.BYTES for place in range(CATEGORICAL)}
    inputs = tuple(TensorSpec(name, kind, (-1, 1)) for name, kind in kinds.items())
    return Signature("flights", "1", inputs, (TensorSpec("probabilities", Datatype.FP32, (-1, 2)),), CLASSES)


def order() -> Order:
    """Thirty days, with a cap and the quarantine as they are unless somebody says otherwise."""
    since, until = (int(at.timestamp()) * _MICROS for at in (START, NOW))
    terms = Terms(since, until, until, 0.0, 1.0, classes=2, per_unit=1_000)
    return Order("flights", "late", Wanted(signature()), terms, Shares(10, 10), 10.0, 10_000)


def write_captures(folder: Path, rows: int, batch: int) -> None:
    """Capture files of thirty days, an hour's in each folder."""
    numbers = count()
    for file in range(rows // PER_FILE):
        at = START + timedelta(days=30) * file / (rows // PER_FILE)
        place = folder / _FOLDER / f"{at:%Y/%m/%d/%H}"
        place.mkdir(parents=True, exist_ok=True)
        lines = b"\n".join(_lines(at, batch, numbers, seed=file))
        (place / f"{at:%M-%S}-{file:05}.jsonl").write_bytes(lines)


def _lines(at: datetime, batch: int, numbers: Iterator[int], *, seed: int) -> Iterator[bytes]:
    generator = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        f"number_{place}": generator.normal(size=PER_FILE).round(4).tolist() for place in range(NUMERIC)
    }
    columns |= {f"word_{place}": generator.choice(NAMES, PER_FILE).tolist() for place in range(CATEGORICAL)}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    late = generator.random(PER_FILE).round(6).tolist()
    said = [{"label": int(value > 0.5), "probabilities": [1 - value, value]} for value in late]  # noqa: PLR2004
    for start in range(0, PER_FILE, batch):
        number = next(numbers)
        moment = at + timedelta(hours=2) * start / PER_FILE
        yield orjson.dumps(_line(number, moment, rows[start : start + batch], said[start : start + batch]))


def _line(number: int, at: datetime, rows: list[Any], said: list[Any]) -> dict[str, Any]:
    unit = unit_hash(str(number % 200_000), "flights")
    attributes = f"sluice-unit={unit},sluice-variant=champion,sluice-version=1,sluice-propensity=0.9"
    metadata = {
        "eventId": "e",
        "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "inferenceId": f"0b9c6c1e-6d53-4b3a-9a0e-{number * 7919 % 10**12:012}",
        "customAttributes": [f"{attributes},sluice-revision=7,sluice-attempt=1"],
    }
    data = {"endpointInput": _side({"instances": rows}), "endpointOutput": _side({"predictions": said})}
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _side(body: Any) -> dict[str, str]:
    text = orjson.dumps(body).decode()
    return {"observedContentType": "application/json", "mode": "INPUT", "data": text, "encoding": "JSON"}


class _Aws(BaseHTTPRequestHandler):
    """S3 and DynamoDB, as far as they are asked."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    folder: Path
    calls: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if "prefix" in parse_qs(asked.query):
            self.calls["ListObjectsV2"] += 1
            self._answer(_listing(self.folder), "application/xml")
        elif asked.path == "/calls":
            self._answer(json.dumps(self.calls).encode(), "application/json")
        else:
            self.calls["GetObject"] += 1
            self._answer((self.folder / asked.path.removeprefix("/data/")).read_bytes(), "text/plain")

    def do_POST(self) -> None:
        self.calls["BatchGetItem"] += 1
        asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        items = [_label(key) for key in asked["RequestItems"]["state"]["Keys"]]
        answer = {"Responses": {"state": items}, "UnprocessedKeys": {}}
        self._answer(orjson.dumps(answer), "application/x-amz-json-1.0")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Say nothing."""

    def _answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"0"')
        self.end_headers()
        self.wfile.write(content)


def _label(key: dict[str, Any]) -> dict[str, Any]:
    """As the state table holds it."""
    late = key["pk"]["S"][-1] in "123"
    given = str(int(NOW.timestamp()) - 60)
    moments = {name: {"N": given} for name in ("at", "received_at", "expires_at")}
    return {**key, "value": {"N": str(int(late))}, "state": {"S": "joined"}, "attempt": {"N": "1"}, **moments}


def _listing(folder: Path) -> bytes:
    keys = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.jsonl"))
    entries = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in keys)
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode()


def _serve(folder: Path, port: Any) -> None:
    _Aws.folder = folder
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Aws)
    port.send(server.server_port)
    server.serve_forever()


@contextmanager
def aws(folder: Path) -> Iterator[tuple[str, int]]:
    """The URL and the process that plays AWS, until the end of the block."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(folder, theirs), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}"
    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        yield url, server.pid or 0
    finally:
        server.kill()
        server.join()


class Memory:
    """The largest proportional set size of this process and those that read, seen five times a second; in bytes."""

    def __init__(self, without: int) -> None:
        """``without``: the process that plays AWS."""
        self.peak = 0
        self._without = without
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            ours = [os.getpid(), *_children(os.getpid())]
            self.peak = max(self.peak, sum(_pss(process) for process in ours if process != self._without))


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in _text(task).split()]


def _pss(process: int) -> int:
    """0 of one that has just ended."""
    lines = _text(Path(f"/proc/{process}/smaps_rollup")).splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""


def measure(folder: Path, rows: int, batch: int) -> list[str]:
    """A line of the table."""
    files = folder / f"{batch}"
    write_captures(files, rows, batch)
    job = Job(Place("sluice-flights", "state", "data"), order())
    silent = Progress(console=Console(file=io.StringIO()), disable=True)
    with aws(files) as (url, server), Memory(without=server) as memory:
        began, cpu = time.perf_counter(), _cpu_seconds()
        try:
            form = assemble(job, folder / f"out-{batch}", silent)
            made = f"{sum(part['rows'] for part in form['parts'].values()):,}"
        except InvalidTrainingData:
            made = "0"
        seconds, cpu = time.perf_counter() - began, _cpu_seconds() - cpu
        calls = json.loads(urlopen(f"{url}/calls").read())  # noqa: S310  our own server
    told = ", ".join(f"{number:,} {name}" for name, number in sorted(calls.items()))
    return [
        str(batch),
        made,
        f"{seconds:.1f}",
        f"{cpu:.1f}",
        f"{rows / seconds:,.0f}",
        f"{memory.peak / 1e9:.2f}",
        told,
    ]


def _cpu_seconds() -> float:
    """Of this process and those that have read, without the one that plays AWS."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    occasion = Occasion("pyarrow", "numpy", "orjson", "botocore")
    with TemporaryDirectory(dir="build") as folder:
        lines = [measure(Path(folder), rows, batch) for batch in BATCHES]
    print(f"{rows:,} captured rows of {NUMERIC} numbers and {CATEGORICAL} categories in {rows // PER_FILE} files\n")
    print(table(("rows a request", "rows made", "seconds", "CPU seconds", "rows/s", "peak GB", "calls"), lines))
    print(f"\nTarget: at most {TARGET_SECONDS} s and {TARGET_GB} GB.\n{occasion}")


if __name__ == "__main__":
    main()
