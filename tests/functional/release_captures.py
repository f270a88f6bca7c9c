"""What data capture writes of a world's endpoint: the champion's answers, and a shadow's to copies of the requests."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sluice.domain.attribution import Attribution
from tests.functional.release_clients import client
from tests.functional.release_world import ENDPOINT, World

_BUCKET = "captures"
Answers = Mapping[str, Any]
"""Predictions by prediction id; one that is no list is the answer itself, None: none was captured."""


def a_captured_line(prediction_id: str, answer: Any, at: datetime | None, **metadata: Any) -> str:
    """One line; what is asked has as many rows as the answer."""
    rows = len(answer) if isinstance(answer, list) else 1
    data = {"endpointInput": _side("INPUT", {"instances": [1.5] * rows})}
    if answer is not None:
        data["endpointOutput"] = _side("OUTPUT", {"predictions": answer} if isinstance(answer, list) else answer)
    asked = Attribution("0" * 16, "champion", "v1", 1, 1, 1).encode()
    told = {"eventId": f"event of {prediction_id}", "inferenceId": prediction_id, "customAttributes": [asked]}
    when = {"inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"} if at else {}
    return json.dumps({"captureData": data, "eventMetadata": {**told, **when, **metadata}})


def capture(
    world: World, variant: str, answers: Answers, *, at: datetime | None = None, name: str = "1", **metadata: Any
) -> str:
    """A file of a variant's answers, all given at one moment, by default now; its key."""
    moment = at or world.clock.now()
    lines = [a_captured_line(each, answer, moment, **metadata) for each, answer in answers.items()]
    return put_lines(variant, lines, at=moment, name=name)


def put_lines(variant: str, lines: list[str], *, at: datetime, name: str = "1") -> str:
    """A file of these lines; its key."""
    key = f"flights/{ENDPOINT}/{variant}/{at:%Y/%m/%d/%H}/{at:%M-%S}-{name}.jsonl"
    client("s3").put_object(Bucket=_BUCKET, Key=key, Body="\n".join(lines).encode())
    return key


def capture_both(world: World, mine: Answers, theirs: Answers | None = None, *, at: datetime | None = None) -> None:
    """The shadow's answers and the champion's, which are the same unless others are given."""
    capture(world, "shadow", mine, at=at)
    capture(world, "champion", mine if theirs is None else theirs, at=at)


def _side(mode: str, form: Any) -> dict[str, str]:
    text = form if isinstance(form, str) else json.dumps(form)
    return {"observedContentType": "application/json", "mode": mode, "data": text, "encoding": "JSON"}
