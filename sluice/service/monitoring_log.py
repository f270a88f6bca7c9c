"""What is logged and measured of drift, for operators and alarms."""

from sluice.aws.captures import CapturedFile
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.own_drift import OwnDrift
from sluice.domain.monitoring.own_errors import OwnErrors
from sluice.domain.monitoring.watch import Watch
from sluice.domain.monitoring.watch_volume import VolumeWatch
from sluice.domain.variant import CHAMPION
from sluice.service.candidate_look import CandidateLook
from sluice.service.summarise import Summarised
from sluice.telemetry import Dimension, Metric, record

_LONGEST_REASON = 1000
_MOST_NAMED = 10


def record_summarised(file: CapturedFile, done: Summarised) -> None:
    """A captured file was counted."""
    record(
        {Dimension.MODEL: done.model, Dimension.VARIANT: done.variant},
        {Metric.ROWS_SUMMARISED: done.rows},
        event="captures.summarised",
        file=file.key,
        skipped=done.skipped,
    )
    odd = {Metric.ROWS_WITHOUT_REFERENCE: done.without_reference, Metric.EXCHANGES_UNREADABLE: done.poisoned}
    found: dict[Metric, float] = {metric: count for metric, count in odd.items() if count}
    if found:
        record({Dimension.MODEL: done.model}, found, event="captures.odd", file=file.key)


def record_not_summarised(what: CapturedFile | str, failure: Exception) -> None:
    """A notification could not be handled now and comes again."""
    reason = f"{type(failure).__name__}: {failure}"[:_LONGEST_REASON]
    shown = str(what)[:_LONGEST_REASON]
    record({}, {Metric.SUMMARISING_FAILED: 1}, event="captures.not_summarised", file=shown, reason=reason)


def record_looked(watch: Watch) -> None:
    """A version was looked at; only the champion is measured, whoever else is watched."""
    measured: dict[Metric, float] = {Metric.DRIFT_LOOKS: 1}
    if watch.slot == CHAMPION:
        measured[Metric.DRIFTED_FEATURES] = len(watch.drifting)
        measured[Metric.DRIFT_NOT_JUDGED] = watch.verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR)
    record(
        {Dimension.MODEL: watch.model},
        measured,
        event="drift.looked",
        model_version=watch.id,
        variant=watch.slot,
        verdict=watch.verdict.value,
        reason=watch.reason[:_LONGEST_REASON],
        drifting=[each.where for each in watch.drifting[:_MOST_NAMED]],
        rows=watch.rows,
    )


def record_quality(watch: Watch) -> None:
    """How well the champion does was looked at; without a verdict nothing is measured."""
    known = watch.quality
    if watch.slot != CHAMPION or known is None or known.verdict is Verdict.INCONCLUSIVE:
        return
    record(
        {Dimension.MODEL: watch.model},
        {Metric.QUALITY_LOST: known.loss is not None or bool(known.losses)},
        event="quality.looked",
        model_version=watch.id,
        verdict=known.verdict.value,
        reason=known.reason[:_LONGEST_REASON],
        labels=known.rows,
        slices=list(known.losses)[:_MOST_NAMED],
    )


def record_volume(watch: VolumeWatch) -> None:
    """How often a model is asked was looked at; without a verdict nothing is measured."""
    if watch.verdict is Verdict.INCONCLUSIVE:
        return
    record(
        {Dimension.MODEL: watch.model},
        {Metric.VOLUME_UNUSUAL: watch.unusual is not None},
        event="volume.looked",
        verdict=watch.verdict.value,
        reason=watch.reason[:_LONGEST_REASON],
    )


def record_candidate(look: CandidateLook[OwnDrift] | None) -> None:
    """A version under release was looked at; where nothing could be compared, nothing is measured."""
    if look is None or look.found.verdict is Verdict.INCONCLUSIVE:
        return
    record(
        {Dimension.MODEL: look.model, Dimension.VARIANT: look.slot},
        {Metric.OUTPUTS_DRIFTED: len(look.found.outputs)},
        event="drift.candidate",
        model_version=look.version,
        rollout=look.rollout,
        verdict=look.found.verdict.value,
        reason=look.found.reason[:_LONGEST_REASON],
        outputs=list(look.found.outputs[:_MOST_NAMED]),
        rows=look.found.rows,
    )


def record_labels(look: CandidateLook[OwnErrors] | None) -> None:
    """Labels of a version under release were looked at; where nothing could be compared, nothing is measured."""
    if look is None or look.found.verdict is Verdict.INCONCLUSIVE:
        return
    record(
        {Dimension.MODEL: look.model, Dimension.VARIANT: look.slot},
        {Metric.WRONG_MORE_OFTEN: look.found.verdict is Verdict.FAIL},
        event="quality.candidate",
        model_version=look.version,
        rollout=look.rollout,
        verdict=look.found.verdict.value,
        reason=look.found.reason[:_LONGEST_REASON],
        rows=look.found.rows,
    )
