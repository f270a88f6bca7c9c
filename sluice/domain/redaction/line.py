"""What is left of a line of data capture whose sensitive inputs were taken out? All else, and a mark that says so."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sluice.domain.redaction.body import redacted_side

_MARK = "sluiceRedacted"
_UNREADABLE = json.dumps({_MARK: "a line that could not be read"}).encode()
_FAULTS = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


def redacted_line(line: bytes, sensitive: Collection[str]) -> bytes:
    """The line without the values of some inputs. Redacting it again changes nothing.

    Nothing is kept of a request that cannot be understood, nor of a line: nobody could say where the values stand.
    What could not be counted before cannot be counted afterwards, and the other way round.
    """
    if not line:
        return line
    try:
        form = json.loads(line)
        metadata = {**form["eventMetadata"], _MARK: sorted(sensitive)}
        data = _data(form.get("captureData"), sensitive)
        return json.dumps({**form, "captureData": data, "eventMetadata": metadata}).encode()
    except _FAULTS:
        return _UNREADABLE


def redacted_inputs(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Which inputs were taken out of a captured line, by its ``eventMetadata``."""
    names = metadata.get(_MARK, ())
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _data(data: Any, sensitive: Collection[str]) -> Any:
    try:
        return {**data, "endpointInput": redacted_side(data["endpointInput"], sensitive)}
    except _FAULTS:
        answer = data.get("endpointOutput") if isinstance(data, dict) else None
        return {"endpointInput": {"data": "", "encoding": "JSON"}, "endpointOutput": answer}
