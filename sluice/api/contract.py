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
    "X-Sluice-Variant": "The variant that answered; the two that drafted a list, control first.",
    "X-Sluice-Model-Version": "The model version that answered; those of two variants, separated by a comma.",
    "X-Sluice-Fallback-From": "Only when the champion, or the other ranker, answered for this variant, which failed.",
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
            "description": "Of `invalid-input`, `invalid-request` and `refused-by-model`: at most ten places.",
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
_RANK = {
    "type": "object",
    "required": ["instances"],
    "properties": {
        "instances": {"type": "array", "minItems": 1, "items": _ROW},
        "rank_by": {
            "type": "string",
            "description": (
                "The number of a row's answer that decides, the largest first: an output, a class of an output "
                "(`probabilities.late`) or a column (`logits[2]`). May be left out where there is only one."
            ),
        },
        "length": {"type": "integer", "minimum": 1, "description": "How many rows are wanted; all unless given."},
    },
}
_RANKED = {
    "type": "object",
    "required": ["ranking"],
    "properties": {
        "ranking": {"type": "array", "items": {"type": "integer"}, "description": "Rows from 0, the best first."},
        "draft": {
            "type": "string",
            "description": (
                "Only while two rankers are interleaved: who picked each place. Send it back to /v1/feedback with "
                "the places that were clicked."
            ),
        },
    },
}
RANK_EXCHANGE = _exchange({"application/json": {"schema": _RANK}}, {"application/json": {"schema": _RANKED}})
_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_.-]{0,39}$"}
_FEEDBACK = {
    "type": "object",
    "description": "A label, or a reward, or the draft of a list with the places that were clicked.",
    "required": ["prediction_id"],
    "oneOf": [{"required": ["label"]}, {"required": ["reward"]}, {"required": ["draft", "clicked"]}],
    "properties": {
        "prediction_id": {"type": "string", "description": "X-Sluice-Prediction-Id of the answer.", "maxLength": 64},
        "reward": {"type": "number", "description": "Within the model's feedback.minimum and maximum."},
        "label": {"type": ["number", "boolean"], "description": "What was true, as a number; true is 1."},
        "draft": {"type": "string", "description": "As :rank answered it.", "pattern": "^[CTN]+$"},
        "clicked": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "description": "Places of the list, the first is 0, that were clicked; none is a tie.",
        },
        "name": {**_NAME, "description": "The goal it counts for; `reward`, `label` or `clicked` unless given."},
        "covariate": {"type": "number", "description": "Something known of the unit before; takes noise away (CUPED)."},
        "at": {"type": "string", "format": "date-time", "description": "When it came to be; now unless given."},
    },
    "additionalProperties": False,
}
_TAKEN = {
    "type": "object",
    "required": ["prediction_id", "status"],
    "properties": {
        "prediction_id": _TEXT,
        "name": _TEXT,
        "status": {
            "type": "string",
            "enum": ["joined", "waiting", "not_counted", "duplicate", "refused"],
            "description": (
                "`joined`: counted for the variant that answered. `waiting`: kept until its prediction is known, which "
                "takes minutes. `not_counted`: kept, but another reward of its unit counts. `duplicate`: the same has "
                "been taken before. `refused`: not taken, see problem."
            ),
        },
        "problem": _PROBLEM,
    },
}
_LARGEST_BATCH = {"type": "array", "minItems": 1, "maxItems": 100}


def _either(one: dict[str, Any], *, many: dict[str, Any]) -> dict[str, Any]:
    batch = {"type": "object", "required": ["feedback"], "properties": {"feedback": {**_LARGEST_BATCH, "items": many}}}
    return {"application/json": {"schema": {"anyOf": [one, batch]}}}


FEEDBACK_EXCHANGE = {
    "requestBody": {"required": True, "content": _either(_FEEDBACK, many=_FEEDBACK)},
    "responses": {
        "202": {
            "description": (
                "Of a batch, what became of each item, in order: 202 says that the batch was read, not that every item "
                "was taken; one that is refused stops none of the others. A single item that is refused is answered as "
                "that problem itself."
            ),
            "content": _either(_TAKEN, many=_TAKEN),
        }
    },
}
