"""Stands for a model container in tests: started like one, answers what it was asked, misbehaves on request.

The version is the content of the model's file ``version``. Custom attributes tell a request's fate: ``status=500``,
``sleep=1``, ``die``; without them, as in a batch transform, the body does, which may be ``env=NAME``, too. The variable
``NEVER_HEALTHY`` makes it end at once.
"""

import argparse
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    version = ""

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.answer(200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = self.headers.get("X-Amzn-SageMaker-Custom-Attributes") or body[:100].decode(errors="replace")
        fate, _, value = told.partition("=")
        if fate == "die":
            os._exit(1)
        if fate == "sleep":
            time.sleep(float(value))
        if fate == "status":
            return self.answer(int(value), b'{"error": "asked for"}')
        if fate == "env":
            body = os.environ.get(value, "").encode()
        if fate == "headers":
            body = json.dumps(dict(self.headers)).encode()
        return self.answer(200, body)

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", self.headers.get("Content-Type", "application/json"))
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", f"sluice-model-version={self.version}")
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model-dir", type=Path)
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    if "NEVER_HEALTHY" in os.environ:
        sys.exit("not today")
    Handler.version = (options.model_dir / "version").read_text()
    ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
