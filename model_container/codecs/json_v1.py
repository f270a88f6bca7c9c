"""KServe V1: ``{"instances": [...]}`` -> ``{"predictions": [...]}``, one JSON value per row."""

from typing import Any

from model_container.codecs import json_text
from model_container.codecs.exchange import Answer, Outputs, Query
from model_container.codecs.media import MediaType
from model_container.codecs.tensors import Array
from model_container.errors import ModelFailed
from sluice.domain.instances import parse_instances
from sluice.domain.signature import Signature


def decode(signature: Signature, payload: Any) -> Query:
    """Read a decoded body. Raises InvalidInput."""
    return Query.for_all_outputs(signature, parse_instances(signature, payload))


def encode(outputs: Outputs, rows: int) -> Answer:
    """One output: its value per row; several: an object per row. Raises ModelFailed."""
    columns = [rows_of(name, values, rows) for name, values in outputs.items()]
    predictions = (
        columns[0]
        if len(columns) == 1
        else [dict(zip(outputs, row, strict=True)) for row in zip(*columns, strict=True)]
    )
    return Answer(json_text.write({"predictions": predictions}), MediaType.JSON)


def rows_of(name: str, values: Array, rows: int) -> list[Any]:
    """One value per row, bare when a row has one element.

    Raises ModelFailed when the output does not go by rows.
    """
    if values.shape[:1] != (rows,):
        raise ModelFailed(
            f"output {name!r} has the shape {list(values.shape)}, not one entry for each of {rows} rows: "
            "such a model answers the Open Inference Protocol only"
        )
    per_row: list[Any] = (values.reshape(rows) if values.size == rows else values).tolist()
    return per_row
