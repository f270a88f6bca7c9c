"""Answer CloudFormation about a custom resource: one PUT to the URL in the request, whatever happens.

A custom resource that does not answer keeps its stack waiting for an hour.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import urllib3

_LOG = logging.getLogger(__name__)
_LONGEST_REASON = 1000
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the resource.

    Attributes:
        physical_id: Its identity; another one than before makes CloudFormation delete the old one afterwards.
        data: Attributes for ``Fn::GetAtt``.

    """

    physical_id: str
    data: Mapping[str, str] = field(default_factory=dict)


def respond(event: Event, act: Callable[[Event], Outcome]) -> None:
    """Act on the request and tell CloudFormation how it went; an exception becomes its reason to roll back.

    Raises urllib3.exceptions.HTTPError when CloudFormation cannot be told, so that Lambda tries again.
    """
    try:
        outcome = act(event)
        result = {"Status": "SUCCESS", "PhysicalResourceId": outcome.physical_id, "Data": dict(outcome.data)}
    except Exception as failed:  # noqa: BLE001  the outermost edge: silence would hang the stack
        _LOG.exception("custom_resource.failed")
        fallback = event.get("PhysicalResourceId") or event["LogicalResourceId"]
        reason = f"{type(failed).__name__}: {failed}"[:_LONGEST_REASON]
        result = {"Status": "FAILED", "PhysicalResourceId": fallback, "Reason": reason}
    _put(event["ResponseURL"], {**{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}, **result})


def _put(url: str, body: Mapping[str, Any]) -> None:
    """The URL is signed without a content type, and urllib3 adds none to bytes."""
    retries = urllib3.Retry(5, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504), allowed_methods=["PUT"])
    with urllib3.PoolManager(retries=retries, timeout=10) as http:
        answer = http.request("PUT", url, body=json.dumps(body).encode())
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise urllib3.exceptions.HTTPError(f"CloudFormation's URL answered {answer.status}: the stack still waits")
