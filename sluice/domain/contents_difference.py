"""How does one version differ from another? What was added, removed and changed, part by part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.domain.contents import Contents
from sluice.domain.signature import Signature, TensorSpec


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not the same.

    Attributes:
        name: Of an input, a metric, a file.
        before: What it was, as JSON has it; None where it was not there.
        after: What it is; None where it is not there.

    """

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not the same in two versions; each part is empty where nothing is.

    Attributes:
        inputs: By name: datatype, shape and whether it is optional.
        outputs: By name: datatype, shape and bounds.
        order: The order of the inputs, which is that of the columns of CSV, and of the classes.
        metrics: By name.
        files: By name: size and digest.
        bins: Of the references, by feature.
        made: How they came about, where a pipeline made them.

    """

    inputs: tuple[Change, ...]
    outputs: tuple[Change, ...]
    order: tuple[Change, ...]
    metrics: tuple[Change, ...]
    files: tuple[Change, ...]
    bins: tuple[Change, ...]
    made: tuple[Change, ...] = ()


def difference(
    before: Contents, after: Contents, *, made: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
) -> Difference:
    """From one version to another; ``made`` is how each came about."""
    return Difference(
        inputs=_changes(_inputs(before), _inputs(after)),
        outputs=_changes(_outputs(before), _outputs(after)),
        order=_order(before.signature, after.signature),
        metrics=_changes(before.metrics, after.metrics),
        files=_changes(_files(before), _files(after)),
        bins=_changes(_bins(before), _bins(after)),
        made=_changes(*made),
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    names = dict.fromkeys([*before, *after])
    every = (Change(name, before.get(name), after.get(name)) for name in names)
    return tuple(change for change in every if change.before != change.after)


def _inputs(contents: Contents) -> dict[str, Any]:
    return _tensors(contents.signature.inputs) if contents.signature else {}


def _outputs(contents: Contents) -> dict[str, Any]:
    return _tensors(contents.signature.outputs) if contents.signature else {}


def _tensors(specs: tuple[TensorSpec, ...]) -> dict[str, Any]:
    return {spec.name: {name: said for name, said in spec.to_dict().items() if name != "name"} for spec in specs}


def _order(before: Signature | None, after: Signature | None) -> tuple[Change, ...]:
    if before is None or after is None:
        return ()
    old, new = ([spec.name for spec in each.inputs] for each in (before, after))
    inputs = ({"inputs": old}, {"inputs": new}) if set(old) == set(new) else ({}, {})
    classes = ({"classes": list(before.classes)}, {"classes": list(after.classes)})
    return (*_changes(*inputs), *_changes(*classes))


def _files(contents: Contents) -> dict[str, Any]:
    return {name: {"size": file.size, "sha256": file.digest} for name, file in contents.files.items()}


def _bins(contents: Contents) -> dict[str, Any]:
    return {name: {"kind": bins.kind, "cuts": list(bins.cuts)} for name, bins in (contents.bins or {}).items()}
