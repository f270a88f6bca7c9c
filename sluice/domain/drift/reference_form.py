"""How is reference.json read? Place by place: what does not fit is named."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from math import isfinite
from typing import Any, TypeVar

import numpy as np

from sluice.domain.drift.binning import Binning, CategoricalBins, FeatureBins, NumericBins, Role, ScoreBins
from sluice.domain.drift.design import Design
from sluice.domain.drift.number_outcomes import NumberOutcomes
from sluice.domain.drift.outcomes import ClassOutcomes, Outcomes
from sluice.domain.drift.reference import FORMAT, VERSION, Moments, Reference
from sluice.domain.drift.repeats import Repeats
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.summary_form import read_feature_counts, whole_numbers
from sluice.domain.drift.tail_table import TailTable
from sluice.domain.drift.tolerance import Tolerance
from sluice.domain.errors import InvalidReference, InvalidSummary

Value = TypeVar("Value")


def read_reference(text: str | bytes) -> Reference:
    """Read reference.json. Raises InvalidReference, which names the place."""
    try:
        form = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidReference(f"reference.json is not JSON: {error}") from error
    return reference_from_dict(form)


def reference_from_dict(form: Any) -> Reference:
    """Read the JSON form. Raises InvalidReference, which names the place."""
    form = _object(form, "reference.json")
    if form.get("format") != FORMAT or form.get("version") != VERSION:
        raise InvalidReference(
            f"reference.json: format {FORMAT!r} version {VERSION} can be read, got {form.get('format')!r:.60} "
            f"version {form.get('version')!r:.20}"
        )
    try:
        return _reference(form)
    except InvalidSummary as error:
        raise InvalidReference(str(error)) from error


def read_outcomes(form: Any, binning: Binning) -> Outcomes:
    """Read the JSON form of outcomes. Raises KeyError, TypeError, ValueError, InvalidReference or InvalidSummary."""
    if binning.tolerance is not None:
        absolute, signed = _whole(form["absolute"]), _whole(form["signed"])
        return NumberOutcomes(binning.id, _count(form, "within"), _count(form, "beyond"), absolute, signed)
    classes = len(binning.classes)
    if len(form["confusion"]) != classes or len(form["scores"]) != len(binning.scores):
        raise ValueError(f"a confusion matrix of {classes} classes and scores of {len(binning.scores)}")
    confusion = np.stack([whole_numbers(row, "outcomes.confusion", length=classes) for row in form["confusion"]])
    pairs = zip(binning.scores, form["scores"], strict=True)
    scores = tuple(np.stack(_two_rows(rows, bins, f"outcomes.scores.{bins.name}")) for bins, rows in pairs)
    return ClassOutcomes(binning.id, confusion, scores, _count(form, "log_loss_micros"), _count(form, "brier_micros"))


def _reference(form: Mapping[str, Any]) -> Reference:
    features, scores = _list(form, "features"), _list(form, "scores")
    bins = tuple(_read(f"features[{place}]", _feature, feature) for place, feature in enumerate(features))
    score_bins = tuple(_read(f"scores[{place}]", _score, score) for place, score in enumerate(scores))
    classes = _read("classes", _texts, form.get("classes"))
    binning = Binning(bins, classes, score_bins, _read("tolerance", _tolerance, form.get("tolerance")))
    if form.get("binning") != binning.id:
        raise InvalidReference(f"binning: expected {binning.id} for these features, got {form.get('binning')!r:.40}")
    counts = [read_feature_counts(one, feature, "features") for one, feature in zip(bins, features, strict=True)]
    for one, score in zip(score_bins, scores, strict=True):
        counts += _two_rows(score.get("counts"), one, f"scores.{one.name}")
    rows, window_rows, blocks = (_count(form, name) for name in ("rows", "window_rows", "blocks"))
    return Reference(
        binning,
        Summary(binning.id, rows, np.concatenate(counts)),
        tuple(_read(f"features.{one['name']}.moments", _moments, one.get("moments")) for one in features),
        tuple(_read(f"features.{one['name']}.design", _design, one.get("design")) for one in features),
        window_rows,
        blocks,
        _read("outcomes", lambda given: _outcomes(given, binning), form.get("outcomes")),
        _read("tail_table", _tail_table, form.get("tail_table")),
        _read("repeats", _repeats, form.get("repeats")),
    )


def _read(where: str, read: Callable[[Any], Value], form: Any) -> Value:
    """Read one part; whatever is wrong with it is told with its place."""
    try:
        return read(form)
    except KeyError as error:
        raise InvalidReference(f"{where}: lacks {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidReference(f"{where}: {error}") from error
    except InvalidReference as error:
        raise InvalidReference(f"{where}: {error}") from error


def _feature(form: Any) -> FeatureBins:
    form = _object(form, "a feature")
    name, role = _text(form["name"]), Role(form["role"])
    if form["kind"] == "numeric":
        return NumericBins(name, _numbers(form["edges"]), _number(form["low"]), _number(form["high"]), role)
    if form["kind"] == "categorical":
        return CategoricalBins(name, _texts(form["categories"]), role)
    raise InvalidReference(f"kind is numeric or categorical, got {form['kind']!r:.40}")


def _score(form: Any) -> ScoreBins:
    form = _object(form, "a score")
    return ScoreBins(_text(form["class"]), _numbers(form["edges"]))


def _moments(form: Any) -> Moments | None:
    return None if form is None else Moments(*(_number(form[field.name]) for field in fields(Moments)))


def _design(form: Any) -> Design:
    return Design(*(_number(_object(form, "a design")[field.name]) for field in fields(Design)))


def _outcomes(form: Any, binning: Binning) -> Outcomes | None:
    return None if form is None else read_outcomes(form, binning)


def _tolerance(form: Any) -> Tolerance | None:
    return None if form is None else Tolerance(_text(form["output"]), _number(form["most"]))


def _tail_table(form: Any) -> TailTable | None:
    if form is None:
        return None
    return TailTable(
        tuple(map(_whole, form["sizes"])),
        tuple(tuple(_numbers(line) for line in by_size) for by_size in form["shapes"]),
        tuple(map(_whole, form["shape_of"])),
    )


def _repeats(form: Any) -> Repeats | None:
    return None if form is None else Repeats(_count(form, "rows"), _count(form, "copies"))


def _two_rows(form: Any, bins: ScoreBins, where: str) -> list[Any]:
    if not isinstance(form, list) or len(form) != 2:  # noqa: PLR2004
        raise InvalidReference(f"{where}: expected two lists of counts, got {form!r:.60}")
    return [whole_numbers(row, where, length=bins.cells) for row in form]


def _object(form: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(form, Mapping):
        raise InvalidReference(f"{where}: expected an object, got {form!r:.60}")
    return form


def _list(form: Mapping[str, Any], name: str) -> list[Any]:
    value = form.get(name)
    if not isinstance(value, list):
        raise InvalidReference(f"{name}: expected a list, got {value!r:.60}")
    return value


def _count(form: Mapping[str, Any], name: str) -> int:
    (value,) = whole_numbers([form.get(name)], name, length=1)
    return int(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected a whole number, got {value!r:.40}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise TypeError(f"expected a finite number, got {value!r:.40}")
    return float(value)


def _numbers(values: Any) -> tuple[float, ...]:
    if not isinstance(values, list):
        raise TypeError(f"expected a list of numbers, got {values!r:.40}")
    return tuple(map(_number, values))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {value!r:.40}")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"expected a list of texts, got {values!r:.40}")
    return tuple(map(_text, values))
