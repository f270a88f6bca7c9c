"""When is what sits in a variant slot broken? Four metric alarms a slot or six, and one composite alarm of them.

Slots keep their names while versions come and go, so alarms do, too.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk.variant_metrics import VariantMetrics
from sluice.domain.alarm_name import AlarmKind, labels_alarm, outputs_alarm, slot_alarm, variant_alarm
from sluice.domain.variant import CHAMPION
from sluice.settings.alarms import Thresholds
from sluice.telemetry import Metric

_MINUTES = 3
_HEARD = Duration.minutes(5)  # no longer than between two looks for drift, so that the next rollout need not wait
_NO_DATA = (
    "Missing data is neither healthy nor a breach: without requests there is nothing to judge, the alarm says "
    "INSUFFICIENT_DATA, and nobody acts on that."
)


class SlotAlarms(Construct):
    """The alarms of one slot. Deployment guardrails take the metric alarms, releases and people the composite one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        variant: VariantMetrics,
        thresholds: Thresholds,
        model_timeout_seconds: float,
        is_watched: bool,
    ) -> None:
        """``is_watched``: whether drift is looked for in what the model is asked and answers."""
        super().__init__(scope, construct_id)
        self._variant = variant
        self.name = slot_alarm(variant.endpoint, variant.slot)
        self.is_champion = variant.slot == CHAMPION
        watched = [
            self._share(AlarmKind.ERRORS, variant.error_percent(), thresholds.errors_percent),
            self._slow(AlarmKind.LATENCY, "ModelLatency", thresholds.latency_for(model_timeout_seconds)),
            self._slow(AlarmKind.OVERHEAD, "OverheadLatency", thresholds.overhead_milliseconds),
            self._share(AlarmKind.GUARDRAILS, variant.breach_percent(), thresholds.breaches_percent),
        ]
        if is_watched and not self.is_champion:
            outputs, labels = (alarm(variant.endpoint, variant.slot) for alarm in (outputs_alarm, labels_alarm))
            drifts = "its answers drift, and not the champion's of the same hours"
            watched.append(self._look("Outputs", outputs, Metric.OUTPUTS_DRIFTED, drifts))
            wrong = "labels say that it is wrong more often than the champion in the same hours"
            watched.append(self._look("Labels", labels, Metric.WRONG_MORE_OFTEN, wrong))
        self.composite = cloudwatch.CompositeAlarm(
            self,
            "Slot",
            composite_alarm_name=self.name,
            alarm_description=f"Something is wrong with {variant.slot} of {variant.model}. {self._consequence()} "
            "Only ALARM of a metric alarm counts: one without data neither raises nor clears it.",
            alarm_rule=cloudwatch.AlarmRule.any_of(
                *(cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM) for alarm in watched)
            ),
        )

    def _share(self, kind: AlarmKind, metric: cloudwatch.IMetric, percent: float) -> cloudwatch.Alarm:
        what = "failed requests" if kind is AlarmKind.ERRORS else "answers not fit to pass on"
        above = f"More than {percent:g} % {what} in 2 of 3 minutes, with at least 3 of them in each."
        return self._alarm(kind, metric, percent, above=above, breaching=2)

    def _slow(self, kind: AlarmKind, metric: str, milliseconds: int) -> cloudwatch.Alarm:
        above = f"p95 of {metric} above {milliseconds} ms in 3 minutes running."
        threshold = milliseconds * 1000  # SageMaker counts microseconds
        return self._alarm(kind, self._variant.slowest(metric), threshold, above=above, breaching=_MINUTES)

    def _alarm(
        self, kind: AlarmKind, metric: cloudwatch.IMetric, threshold: float, *, above: str, breaching: int
    ) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            kind.capitalize(),
            alarm_name=variant_alarm(self._variant.endpoint, self._variant.slot, kind),
            alarm_description=f"{self._variant.slot} of {self._variant.model}: {above} {_NO_DATA}",
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=_MINUTES,
            datapoints_to_alarm=breaching,
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )

    def _look(self, construct_id: str, name: str, metric: Metric, found: str) -> cloudwatch.Alarm:
        """What a look finds. The champion has none: beside nobody's answers can its own be judged."""
        return cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=name,
            alarm_description=f"{self._variant.slot} of {self._variant.model}: a look found that {found}. Missing data "
            "is neither healthy nor a breach: between two looks the alarm says INSUFFICIENT_DATA, and nobody acts on "
            "that.",
            metric=self._variant.count(metric).with_(period=_HEARD, statistic="Maximum"),
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )

    def _consequence(self) -> str:
        if self.is_champion:
            return (
                "A rollout that bakes goes back to the version before; one that has not promoted yet is held, and an "
                "incident is opened."
            )
        return "A rollout whose candidate sits there is aborted."
