"""What did an endpoint answer? Data capture: requests and answers as JSON lines in S3.

Source of layout and format: aws-facts A9 (DG23:model-monitor-data-capture-endpoint.md). ``inferenceId`` stands in
``eventMetadata``, as is common usage (UNSURE there). So does ``customAttributes`` (the record's class in
DG:model-monitor-pre-and-post-processing.md reads it there; that it is a list, and the request's, is UNSURE). Only
answered requests are captured.
"""

import base64
import json
import logging
import threading
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.sagemaker.config import EndpointConfig

_MOST_BUFFERED_BYTES = 64 * 1024 * 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """A DataCaptureConfig that is switched on.

    Attributes:
        percentage: Share of the requests that is captured, 0 to 100.
        bucket: Where to.
        prefix: Below which key; without slashes at its ends.
        modes: ``Input``, ``Output`` or both.
        encodings: Media types whose bodies are stored as text, and whether as ``JSON`` or ``CSV``; all others are
            stored as ``BASE64``.

    """

    percentage: float
    bucket: str
    prefix: str
    modes: frozenset[str]
    encodings: Mapping[str, str]

    @classmethod
    def of(cls, config: EndpointConfig) -> "CaptureSettings | None":
        """The settings of an endpoint config; None when it does not capture."""
        request = config.request.get("DataCaptureConfig") or {}
        if not request.get("EnableCapture"):
            return None
        destination = urlsplit(request["DestinationS3Uri"])
        options = {option["CaptureMode"] for option in request["CaptureOptions"]}
        headers = request.get("CaptureContentTypeHeader", {})
        return cls(
            request["InitialSamplingPercentage"],
            destination.netloc,
            destination.path.strip("/"),
            frozenset({"Input", "Output"} if "InputAndOutput" in options else options),
            {
                **dict.fromkeys(headers.get("CsvContentTypes", ()), "CSV"),
                **dict.fromkeys(headers.get("JsonContentTypes", ()), "JSON"),
            },
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answered request.

    Attributes:
        endpoint: Name of the endpoint.
        variant: Name of the variant that answered.
        at: When; aware, UTC.
        inference_id: The caller's InferenceId.
        attributes: The caller's CustomAttributes; empty when there are none.
        input_type: Content type of the request.
        input: Its body.
        output_type: Content type of the answer.
        output: Its body.

    """

    endpoint: str
    variant: str
    at: datetime
    inference_id: str | None
    attributes: str
    input_type: str
    input: bytes
    output_type: str
    output: bytes


class Capture:
    """Buffers exchanges and writes them to S3 when told to; best effort, as SageMaker's.

    Attributes:
        lost: How many exchanges could not be kept or written.

    """

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        self._lock = threading.Lock()
        self._buffer: list[tuple[CaptureSettings, Exchange]] = []
        self._buffered_bytes = 0
        self.lost = 0

    def add(self, settings: CaptureSettings, exchange: Exchange) -> None:
        """Remember an exchange for the next flush; cheap."""
        size = len(exchange.input) + len(exchange.output)
        with self._lock:
            if self._buffered_bytes + size > _MOST_BUFFERED_BYTES:
                self.lost += 1
                return
            self._buffer.append((settings, exchange))
            self._buffered_bytes += size

    def flush(self) -> None:
        """Write what is buffered, one file per destination, endpoint, variant and hour."""
        with self._lock:
            pending, self._buffer, self._buffered_bytes = self._buffer, [], 0
        files: dict[tuple[str, str], list[tuple[CaptureSettings, Exchange]]] = defaultdict(list)
        for settings, exchange in pending:
            files[settings.bucket, folder(settings, exchange)].append((settings, exchange))
        for (bucket, path), captured in files.items():
            self._write(bucket, path, captured)

    def _write(self, bucket: str, path: str, captured: Sequence[tuple[CaptureSettings, Exchange]]) -> None:
        body = "".join(
            json.dumps(line(settings, exchange), separators=(",", ":")) + "\n" for settings, exchange in captured
        )
        first = captured[0][1].at
        key = f"{path}/{first:%M-%S}-{first.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        try:
            self._s3.put_object(Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/jsonlines")
        except (ClientError, BotoCoreError) as error:
            if self.lost == 0:
                _log.warning("capture.lost bucket=%s error=%s", bucket, error)
            self.lost += len(captured)


def folder(settings: CaptureSettings, exchange: Exchange) -> str:
    """``<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh``."""
    path = f"{exchange.endpoint}/{exchange.variant}/{exchange.at:%Y/%m/%d/%H}"
    return f"{settings.prefix}/{path}" if settings.prefix else path


def line(settings: CaptureSettings, exchange: Exchange) -> dict[str, Any]:
    """One line of a capture file."""
    data: dict[str, Any] = {}
    if "Input" in settings.modes:
        data["endpointInput"] = _side(settings, "INPUT", exchange.input_type, exchange.input)
    if "Output" in settings.modes:
        data["endpointOutput"] = _side(settings, "OUTPUT", exchange.output_type, exchange.output)
    metadata: dict[str, Any] = {
        "eventId": str(uuid.uuid4()),
        "inferenceTime": f"{exchange.at:%Y-%m-%dT%H:%M:%SZ}",
    }
    if exchange.attributes:
        metadata["customAttributes"] = [exchange.attributes]
    if exchange.inference_id is not None:
        metadata["inferenceId"] = exchange.inference_id
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _side(settings: CaptureSettings, mode: str, content_type: str, body: bytes) -> dict[str, str]:
    encoding = settings.encodings.get(content_type.split(";", maxsplit=1)[0].strip(), "BASE64")
    try:
        data = body.decode() if encoding != "BASE64" else base64.b64encode(body).decode()
    except UnicodeDecodeError:
        encoding, data = "BASE64", base64.b64encode(body).decode()
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}
