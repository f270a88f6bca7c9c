"""Who hears of a retraining that broke? An alarm a model, which one that ends as it should silences."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk.variant_metrics import model_metric
from sluice.domain.alarm_name import retraining_alarm
from sluice.telemetry import Metric

_PERIOD = Duration.minutes(5)


class RetrainingAlarm(cloudwatch.Alarm):
    """In ALARM from a retraining that broke until one makes a version, or one that the gate refuses."""

    def __init__(self, scope: Construct, construct_id: str, *, model: str, endpoint: str) -> None:
        super().__init__(
            scope,
            construct_id,
            alarm_name=retraining_alarm(endpoint),
            alarm_description=f"The last retraining of {model} broke, or could not be started: `sluice retrain status` "
            "says at which step and why. Missing data is no news: retrainings are days apart, and the alarm stays as "
            "it was until one ends. What the gate refuses did not break. See docs/retraining.md.",
            metric=model_metric(model, Metric.RETRAINING_FAILED).with_(period=_PERIOD, statistic="Maximum"),
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )
