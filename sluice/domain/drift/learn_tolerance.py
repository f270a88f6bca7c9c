"""How far are a model's numbers off at training? Learnt from labels beside its answers, and kept in the reference."""

from collections.abc import Mapping
from dataclasses import replace

from sluice.domain.drift.array import Floats
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.column import Column
from sluice.domain.drift.number_outcomes import count_number_outcomes, errors_of
from sluice.domain.drift.part import number_feature
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.tolerance import Tolerance
from sluice.domain.errors import InvalidReference


def with_tolerance(reference: Reference, outputs: Mapping[str, Column], labels: Floats) -> Reference:
    """The reference with a tolerance, and its labelled predictions counted by it; labels are NaN where not known.

    Raises InvalidReference.
    """
    name = number_feature(reference.binning)
    if name is None:
        raise InvalidReference("true numbers say something only beside the only output, of numbers, of no classifier")
    try:
        errors = errors_of(outputs[name], labels)
    except ValueError as error:
        raise InvalidReference(f"labels: {error}") from error
    if not len(errors):
        raise InvalidReference(f"labels: no row has a number as a label and one as {name}")
    binning = replace(reference.binning, tolerance=Tolerance.of(name, errors))
    return replace(
        reference,
        binning=binning,
        summary=_counted_by(binning, reference.summary),
        outcomes=count_number_outcomes(binning, outputs[name], labels),
    )


def _counted_by(binning: Binning, summary: Summary) -> Summary:
    """The same counts: a tolerance moves none."""
    return Summary(binning.id, summary.rows, summary.counts)
