"""What do requests and answers look like? The parts of the OpenAPI document that no type annotation says."""

from typing import Any

from sluice.api.problems import MEDIA_TYPE

_TEXT = {"type": "string"}
_TENSOR = {
    "type": "object",
    "required": ["name", "shape", "datatype"],
    "properties": {
        "name": _TEXT,
        "shape": {"type": "array", "items": {"type": "integer"}},
        "datatype": _TEXT,
        "data": {"type": "array", "items": {}},
        "parameters": {"type": "object"},
    },
}
_ROW = {"description": "One row: an object by input name, or the value of the only input."}
_PREDICTION = {"description": "Of one row: the value of the only output, or an object by output name."}
_UNIT = {
    "name": "X-Sluice-Unit",
    "in": "header",
    "description": "Who or what is assigned to a variant; by default the token's subject, else each prediction anew.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 256},
}
_HEADER_LENGTH = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "description": "Bytes of the JSON header of a binary body; answers with binary tensors carry it too.",
    "schema": {"type": "integer", "minimum": 1},
}
_HEADERS = {
    "X-Sluice-Prediction-Id": "Identifies the prediction ever after, in captured data too.",
    "X-Sluice-Variant": "The variant that answered.",
    "X-Sluice-Model-Version": "The model version that answered.",
    "X-Sluice-Fallback-From": "Only when the champion answered in place of this variant, which failed.",
    "X-Sluice-Routing": "`stale` when the routing table could not be read and an older copy decided.",
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "remedy", "error"],
    "properties": {
        "type": {"type": "string", "description": "Stable name of the kind of problem: see docs/problems.md."},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened this time."},
        "remedy": {"type": "string", "description": "What to do about it."},
        "error": {"type": "string", "description": "The detail, for clients of the Open Inference Protocol."},
        "violations": {
            "type": "array",
            "description": "Of `invalid-input` and `refused-by-model`: at most ten places that do not fit.",
            "items": {
                "type": "object",
                "required": ["where", "expected", "got"],
                "properties": {"where": _TEXT, "expected": _TEXT, "got": _TEXT},
            },
        },
    },
}

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"description": "A problem (RFC 9457)", "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
}


def _list_of(member: str, item: dict[str, Any]) -> dict[str, Any]:
    items = {"type": "array", "minItems": 1, "items": item}
    return {"application/json": {"schema": {"type": "object", "required": [member], "properties": {member: items}}}}


def _exchange(request: dict[str, Any], response: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    headers = {name: {"description": meaning, "schema": _TEXT} for name, meaning in _HEADERS.items()}
    return {
        "parameters": [_UNIT, *parameters],
        "requestBody": {"required": True, "content": request},
        "responses": {"200": {"description": "The prediction", "headers": headers, "content": response}},
    }


_BINARY = {
    "application/octet-stream": {
        "schema": {
            "type": "string",
            "format": "binary",
            "description": "A JSON header of Inference-Header-Content-Length bytes, then the tensors' bytes.",
        }
    }
}
V1_EXCHANGE = _exchange(_list_of("instances", _ROW), _list_of("predictions", _PREDICTION))
V2_EXCHANGE = _exchange(
    {**_list_of("inputs", _TENSOR), **_BINARY}, {**_list_of("outputs", _TENSOR), **_BINARY}, _HEADER_LENGTH
)
