"""OpsItems of Systems Manager, which moto does not have: created, changed, read and listed."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ssm.responses import SimpleSystemManagerResponse

from local_cloud.context import ACCOUNT, REGION, Clock
from local_cloud.functions.replaced import provided

Request = Mapping[str, Any]
_CREATED = (
    "Description",
    "OpsItemType",
    "OperationalData",
    "Notifications",
    "Priority",
    "RelatedOpsItems",
    "Source",
    "Title",
    "Category",
    "Severity",
)
_CHANGED = (*(name for name in _CREATED if name not in ("Source", "OpsItemType")), "Status")
_LISTED = ("Status", "Source", "Priority", "Title", "OpsItemId", "Category", "Severity", "OpsItemType")
_SUMMARY = (*_LISTED, "CreatedTime", "LastModifiedTime", "CreatedBy", "LastModifiedBy", "OperationalData")
_PAGE = 50


@contextmanager
def install_ops_items(clock: Clock) -> Iterator[None]:
    """Until the context ends, moto's server has these operations; the OpsItems end with it."""
    operations = _Operations(clock)
    with ExitStack() as hooks:
        for name in ("create_ops_item", "describe_ops_items", "get_ops_item", "update_ops_item"):
            hooks.enter_context(provided(SimpleSystemManagerResponse, name, _handler(getattr(operations, name))))
        yield


def _handler(perform: Callable[[Request], dict[str, Any]]) -> Callable[[Any], ActionResult]:
    return lambda response: ActionResult(perform(json.loads(response.body)))


class _Operations:
    """As moto's server calls them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._items: dict[str, dict[str, Any]] = {}

    def create_ops_item(self, request: Request) -> dict[str, Any]:
        now, number = self._clock.now(), f"oi-{next(self._numbers):012x}"
        creator = f"arn:aws:iam::{ACCOUNT}:root"
        self._items[number] = {
            **{name: request[name] for name in _CREATED if name in request},
            "OpsItemId": number,
            "OpsItemArn": f"arn:aws:ssm:{REGION}:{ACCOUNT}:opsitem/{number}",
            "Status": "Open",
            "Version": "1",
            "CreatedBy": creator,
            "CreatedTime": now,
            "LastModifiedBy": creator,
            "LastModifiedTime": now,
        }
        return {"OpsItemId": number, "OpsItemArn": self._items[number]["OpsItemArn"]}

    def update_ops_item(self, request: Request) -> dict[str, Any]:
        item = self._find(request)
        data = {**item.get("OperationalData", {}), **request.get("OperationalData", {})}
        for name in request.get("OperationalDataToDelete") or ():
            data.pop(name, None)
        changed = {name: request[name] for name in _CHANGED if name in request}
        version, now = str(int(item["Version"]) + 1), self._clock.now()
        item.update(changed, OperationalData=data, Version=version, LastModifiedTime=now)
        return {}

    def get_ops_item(self, request: Request) -> dict[str, Any]:
        return {"OpsItem": self._find(request)}

    def describe_ops_items(self, request: Request) -> dict[str, Any]:
        filters = request.get("OpsItemFilters") or ()
        found = [item for item in list(self._items.values()) if all(_fits(item, one) for one in filters)]
        first = int(request.get("NextToken") or 0)
        end = first + int(request.get("MaxResults") or _PAGE)
        token = {"NextToken": str(end)} if end < len(found) else {}
        summaries = [{name: item[name] for name in _SUMMARY if name in item} for item in found[first:end]]
        return {"OpsItemSummaries": summaries, **token}

    def _find(self, request: Request) -> dict[str, Any]:
        item = self._items.get(request["OpsItemId"])
        if item is None:
            raise JsonRESTError("OpsItemNotFoundException", f"OpsItem {request['OpsItemId']} does not exist.")
        return item


def _fits(item: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
    """Whether an item passes a filter; a filter the local cloud does not know is refused."""
    key, operator, values = one["Key"], one.get("Operator", "Equal"), one["Values"]
    if key not in _LISTED or operator not in ("Equal", "Contains"):
        raise JsonRESTError(
            "OpsItemInvalidParameterException", f"The local cloud filters OpsItems by no {key} {operator}."
        )
    text = str(item.get(key, ""))
    return any(text == value if operator == "Equal" else value in text for value in values)
