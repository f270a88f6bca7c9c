"""What is measured and logged, under which names: the functions write them, dashboards and alarms read them."""

from enum import StrEnum
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "Sluice"


class Metric(StrEnum):
    """Names of our CloudWatch metrics, in the namespace ``Sluice``."""

    PREDICTIONS = "Predictions"
    """Count, by Model and Variant: answers given, under the variant that gave them; a drafted list is two."""

    PREDICTION_LATENCY = "PredictionLatency"
    """Milliseconds, by Model and Variant: from the request's arrival in our code to the answer."""

    FALLBACKS = "Fallbacks"
    """Count, by Model and Variant: answers the champion, or the other ranker, gave because this variant failed."""

    GUARDRAIL_BREACHES = "GuardrailBreaches"
    """Count, by Model and Variant: answers of this variant that were not fit to pass on."""

    ROUTING_STALE = "RoutingStale"
    """Count, by Model: predictions made with an old routing table because DynamoDB was away."""

    REQUESTS_REFUSED = "RequestsRefused"
    """Count, by Model: requests that must change: data that does not fit, a body or an answer that is too large."""

    PREDICTIONS_UNAVAILABLE = "PredictionsUnavailable"
    """Count, by Model: requests that no variant could answer."""

    CONTROLLER_LOOKS = "ControllerLooks"
    """Count, by Model: looks of the controller that came to a decision, "nothing to do" included: its heartbeat."""

    INSTANCES = "Instances"
    """Count, by Model and Variant: instances in service, at a look of the controller."""

    PREDICTIONS_INDEXED = "PredictionsIndexed"
    """Count, by Model and Variant: predictions whose record was written; feedback joins no others."""

    PREDICTIONS_UNATTRIBUTED = "PredictionsUnattributed"
    """Count, by Model: captured answers that do not say how they came about; all but those of Sluice's callers."""

    CAPTURES_UNREADABLE = "CapturesUnreadable"
    """Count, by Model: captured lines that were put aside because they cannot be read."""

    INDEXING_FAILED = "IndexingFailed"
    """Count: captured files that could not be taken in and come again. No dimension: a message may name no model."""

    FEEDBACK_JOINED = "FeedbackJoined"
    """Count, by Model and Variant: labels and rewards that were counted for the variant that answered."""

    FEEDBACK_REFUSED = "FeedbackRefused"
    """Count: labels and rewards that were not taken. No dimension: it is not known whose they are."""

    FEEDBACK_UNMATCHED = "FeedbackUnmatched"
    """Count: predictions that feedback waited for a day in vain. No dimension: it is not known whose they are."""

    ROWS_SUMMARISED = "RowsSummarised"
    """Count, by Model and Variant: rows of captured requests that were counted, to watch for drift."""

    ROWS_WITHOUT_REFERENCE = "RowsWithoutReference"
    """Count, by Model: captured requests of versions without a reference: their drift cannot be seen."""

    EXCHANGES_UNREADABLE = "ExchangesUnreadable"
    """Count, by Model: captured requests that could not be counted, because they cannot be read."""

    SUMMARISING_FAILED = "SummarisingFailed"
    """Count: captured files that could not be counted and come again. No dimension: a message may name no model."""

    DRIFT_LOOKS = "DriftLooks"
    """Count, by Model: looks for drift, whatever they found."""

    DRIFT_NOT_JUDGED = "DriftNotJudged"
    """Count, by Model: looks that could not judge the champion: no reference, or too few rows. No sign of health."""

    DRIFTED_FEATURES = "DriftedFeatures"
    """Count, by Model: features of the champion's that drift, at a look."""

    QUALITY_LOST = "QualityLost"
    """1 or 0, by Model: whether labels say that the champion is wrong more often than at training, at a look; nothing
    where too few labels are known to say so."""

    VOLUME_UNUSUAL = "VolumeUnusual"
    """1 or 0, by Model: whether it is asked far less, or far more, than usual, at a look; nothing where too little of
    its past is known to say so."""

    OUTPUTS_DRIFTED = "OutputsDrifted"
    """Count, by Model and Variant: outputs of a version under release that drift by its own doing, at a look."""

    WRONG_MORE_OFTEN = "WrongMoreOften"
    """1 or 0, by Model and Variant: whether labels say that a version under release is wrong more often than the
    champion, at a look; nothing where too few have come to say so."""

    RETRAINING_FAILED = "RetrainingFailed"
    """1 or 0, by Model: whether a retraining broke, at its end; nothing where a person stopped it. One whose version
    the gate refused did not break."""

    CANDIDATE_REFUSED = "CandidateRefused"
    """1 or 0, by Model: whether the gate refused what a retraining made, at its end."""


class Dimension(StrEnum):
    """Dimensions of our metrics; few values each, because every combination is a metric that is paid for."""

    MODEL = "Model"
    VARIANT = "Variant"


def record(dimensions: dict[Dimension, str], metrics: dict[Metric, float], **fields: Any) -> None:
    """Print one embedded-metric line: the metrics for CloudWatch, and ``fields`` to find in the logs.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    line = EphemeralMetrics(namespace=NAMESPACE, service="")  # else POWERTOOLS_SERVICE_NAME would add a dimension
    for name, value in dimensions.items():
        line.add_dimension(name, value)
    for metric, amount in metrics.items():
        unit = MetricUnit.Milliseconds if metric is Metric.PREDICTION_LATENCY else MetricUnit.Count
        line.add_metric(metric, unit, amount)
    for key, field in fields.items():
        line.add_metadata(key, field)
    line.flush_metrics()
