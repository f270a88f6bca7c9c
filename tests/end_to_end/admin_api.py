"""An operator's program: asks the admin API, signed with the deployment's AWS credentials, and remembers what."""

import json
from http import HTTPStatus
from typing import Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sluice.api.control_openapi import document
from tests.end_to_end.deployments import Deployment
from tests.end_to_end.traffic import MODEL

OF_MODEL = "/admin/v1/models/{model}"
_OVERTAKEN = "urn:sluice:problem:stale-write"  # the controller wrote at the same moment; the remedy is to try again
_TRIES = 5


def operations() -> set[tuple[str, str]]:
    """All that can be asked, as the OpenAPI document says: method and path below the model."""
    paths = document()["paths"].items()
    return {(method, path.removeprefix(OF_MODEL)) for path, methods in paths for method in methods}


class AdminApi:
    """The admin API of a deployment, about its one model.

    Attributes:
        asked: The operations that were answered as expected.

    """

    def __init__(self, deployment: Deployment) -> None:
        own = deployment.environment
        self._url = deployment.api_url + OF_MODEL.format(model=MODEL)
        keys = Credentials(own["AWS_ACCESS_KEY_ID"], own["AWS_SECRET_ACCESS_KEY"])
        self._signer = SigV4Auth(keys, "execute-api", own["AWS_REGION"])
        self.asked: set[tuple[str, str]] = set()

    def get(self, path: str, **names: str) -> Any:
        """The answer to a question; ``names`` take the places in the path."""
        return self._ask("get", path, names, status=HTTPStatus.OK)

    def post(self, path: str, form: Any = None, *, status: HTTPStatus = HTTPStatus.OK, **names: str) -> Any:
        """The answer to a wish, which has this status."""
        return self._ask("post", path, names, status=status, content=json.dumps(form or {}).encode())

    def _ask(
        self, method: str, path: str, names: dict[str, str], *, status: HTTPStatus, content: bytes | None = None
    ) -> Any:
        for _ in range(_TRIES):
            response = self._send(method.upper(), self._url + path.format(**names), content)
            if response.status != HTTPStatus.CONFLICT or response.json()["type"] != _OVERTAKEN:
                break
        assert response.status == status, (method, path, names, response.status, response.data)
        self.asked.add((method, path))
        return response.json()

    def _send(self, verb: str, url: str, content: bytes | None) -> urllib3.BaseHTTPResponse:
        request = AWSRequest(verb, url, data=content, headers={"Content-Type": "application/json"})
        self._signer.add_auth(request)
        headers = dict(request.headers.items())
        return urllib3.request(verb, url, body=content, headers=headers, timeout=60, retries=False)
