"""Which alarm watches what? The names that the template gives, releases read, and endpoints are rolled back by."""

from enum import StrEnum


class AlarmKind(StrEnum):
    """What a metric alarm of a variant watches."""

    ERRORS = "errors"
    """Share of requests that failed inside the container or SageMaker; the caller's own mistakes do not count."""

    LATENCY = "latency"
    """p95 of the time in the container."""

    OVERHEAD = "overhead"
    """p95 of the time SageMaker itself takes."""

    GUARDRAILS = "guardrails"
    """Share of answers that were not fit to pass on."""


def slot_alarm(endpoint: str, slot: str) -> str:
    """The composite alarm of a variant slot: in ALARM when one of its metric alarms is."""
    return f"{endpoint}-{slot}"


def variant_alarm(endpoint: str, slot: str, kind: AlarmKind) -> str:
    """One metric alarm of a variant slot."""
    return f"{endpoint}-{slot}-{kind}"


def outputs_alarm(endpoint: str, slot: str) -> str:
    """The metric alarm that fires when the answers of a version under release drift by its own doing.

    No kind of ``AlarmKind``: only slots of challengers have it, and only of models that are watched.
    """
    return f"{endpoint}-{slot}-outputs"


def labels_alarm(endpoint: str, slot: str) -> str:
    """The metric alarm that fires when labels say that a version under release is wrong more often than the champion.

    As ``outputs_alarm``, only slots of challengers have it, and only of models that are watched.
    """
    return f"{endpoint}-{slot}-labels"


def variant_alarms(endpoint: str, slot: str) -> list[str]:
    """All metric alarms of a variant slot: deployment guardrails are not known to take composite alarms."""
    return [variant_alarm(endpoint, slot, kind) for kind in AlarmKind]


def heartbeat_alarm(endpoint: str) -> str:
    """The alarm that fires when the controller stops looking at an endpoint."""
    return f"{endpoint}-heartbeat"


def dead_letter_alarm(deployment: str) -> str:
    """The alarm that fires when an event for the controller was lost."""
    return f"{deployment}-lost-events"


def unread_captures_alarm(deployment: str) -> str:
    """The alarm that fires when captured requests were put aside unread."""
    return f"{deployment}-unread-captures"


def drift_alarm(endpoint: str) -> str:
    """The alarm that fires when what the champion is asked has drifted."""
    return f"{endpoint}-drift"


def quality_alarm(endpoint: str) -> str:
    """The alarm that fires when the champion is wrong more often than at training."""
    return f"{endpoint}-quality"


def volume_alarm(endpoint: str) -> str:
    """The alarm that fires when a model is asked far less, or far more, than usual."""
    return f"{endpoint}-volume"


def retraining_alarm(endpoint: str) -> str:
    """The alarm that fires when a retraining of a model has broken."""
    return f"{endpoint}-retraining"


def uncounted_captures_alarm(deployment: str) -> str:
    """The alarm that fires when captured requests were not counted, or a look for drift failed."""
    return f"{deployment}-uncounted-captures"


def lost_retrainings_alarm(deployment: str) -> str:
    """The alarm that fires when a call for a retraining was lost."""
    return f"{deployment}-lost-retrainings"
