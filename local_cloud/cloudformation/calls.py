"""How does a resource's loosely typed property become a real API call?"""

import json
import threading
from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_cloud.context import CloudContext


class UnknownProperty(ValueError):
    """A property that the API behind the resource does not take: refused, never dropped."""


class Calls:
    """Calls boto3 with properties as templates hold them.

    Those come in other letter cases, with numbers as text, and with objects where an API wants JSON text.
    """

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """The client of a service, made once: making one costs tens of milliseconds."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._context.client(service)
            return self._clients[service]

    def __call__(
        self, service: str, operation: str, properties: Mapping[str, Any], *, create_only: str = ""
    ) -> dict[str, Any]:
        """Call ``operation`` with ``properties``.

        Members that only the operation ``create_only`` takes are left out; raises UnknownProperty for any other
        that ``operation`` does not take, and botocore's ClientError when the API refuses.
        """
        client = self.client(service)
        shape = _input(client, operation)
        known = _members(shape)
        if create_only:
            elsewhere = _members(_input(client, create_only))
            properties = {
                key: value for key, value in properties.items() if key.lower() in known or key.lower() not in elsewhere
            }
        answer: dict[str, Any] = getattr(client, operation)(**coerce(shape, properties))
        return answer


def coerce(shape: Shape, value: Any, path: str = "") -> Any:
    """``value`` in the types of ``shape``.

    Raises UnknownProperty with the path of a member that the shape does not have.
    """
    if isinstance(shape, StructureShape):
        return _structure(shape, value, path)
    if isinstance(shape, ListShape):
        items = value if isinstance(value, list) else [value]
        return [coerce(shape.member, item, f"{path}/{index}") for index, item in enumerate(items)]
    if isinstance(shape, MapShape):
        pairs = {item["Key"]: item["Value"] for item in value} if isinstance(value, list) else value
        allowed = getattr(shape.key, "enum", None)
        if allowed and (unknown := sorted(pairs.keys() - set(allowed))):
            raise UnknownProperty(f"the API does not take the property {path}/{unknown[0]}")
        return {key: coerce(shape.value, item, f"{path}/{key}") for key, item in pairs.items()}
    return _scalar(shape.type_name, value)


def text(value: Any) -> str:
    """A scalar as CloudFormation writes it, and anything else as JSON."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _structure(shape: StructureShape, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UnknownProperty(f"{path or 'Properties'} must be an object, not {value!r}")
    names = _members(shape)
    result = {}
    for key, item in value.items():
        name = names.get(key.lower()) or _tag_member(names, key)
        if name is None:
            raise UnknownProperty(f"the API does not take the property {path}/{key}")
        result[name] = coerce(shape.members[name], item, f"{path}/{key}")
    return result


def _tag_member(names: Mapping[str, str], key: str) -> str | None:
    """Some APIs call the halves of a tag TagKey and TagValue."""
    return names.get(f"tag{key.lower()}") if names.keys() == {"tagkey", "tagvalue"} else None


def _scalar(kind: str, value: Any) -> Any:
    match kind:
        case "integer" | "long":
            return int(value)
        case "float" | "double":
            return float(value)
        case "boolean":
            return value if isinstance(value, bool) else str(value).lower() == "true"
        case "blob":
            return value if isinstance(value, bytes) else text(value).encode()
        case "timestamp":
            return value
        case _:
            return text(value)


def _input(client: Any, operation: str) -> StructureShape:
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    shape: StructureShape = model.input_shape
    return shape


def _members(shape: StructureShape) -> dict[str, str]:
    return {name.lower(): name for name in shape.members}
