"""Which targets of a rule does the local cloud deliver to in moto's place?

moto fails PutEvents itself for a function or a topic, ignores Input and InputPath, matches disabled rules, and matches
rules that have only a schedule with every event.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule

from local_cloud.events.delivery import LOG, Delivery
from local_cloud.events.inputs import render
from local_cloud.functions.replaced import replaced

_OURS = frozenset({"lambda", "sagemaker", "sns", "sqs"})


@contextmanager
def install_rules(delivery: Delivery) -> Iterator[None]:
    """Events that moto hands to a rule go to its targets."""
    original = Rule.send_to_targets

    def send_to_targets(rule: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:  # noqa: FBT001, FBT002  moto's signature
        is_schedule = rule.scheduled_expression and not rule.event_pattern.get_pattern()
        if rule.state == "DISABLED" or is_schedule or not rule.event_pattern.matches_event(original_event):
            return
        send_to_own_targets(rule, as_delivered(original_event), delivery)
        _send_to_others(rule, lambda others: original(others, original_event, transform_input))

    with replaced(Rule, "send_to_targets", send_to_targets):
        yield


def send_to_own_targets(rule: Any, event: Mapping[str, Any], delivery: Delivery) -> None:
    """Deliver to the functions, pipelines, queues and topics among the rule's targets."""
    for target in [one for one in rule.targets if _is_ours(one)]:
        delivery.send(target, render(target, event, rule_arn=rule.arn), source_arn=rule.arn)


def as_delivered(event: Mapping[str, Any]) -> dict[str, Any]:
    """A moto event as targets see it: with the time as text, without moto's own field."""
    shown = {name: value for name, value in event.items() if name != "ingestion-time"}
    if not isinstance(shown["time"], str):
        shown["time"] = f"{datetime.fromtimestamp(shown['time'], UTC):%Y-%m-%dT%H:%M:%SZ}"
    return shown


def _send_to_others(rule: Any, send: Callable[[Any], None]) -> None:
    """Logs, archives, buses and API destinations are moto's; a kind it does not know must not fail PutEvents."""
    others = copy.copy(rule)
    others.targets = [one for one in rule.targets if not _is_ours(one)]
    try:
        send(others)
    except NotImplementedError:
        LOG.warning("event.undeliverable source=%s: a target that nobody here delivers to", rule.arn)


def _is_ours(target: Mapping[str, Any]) -> bool:
    """Ordered queues are left to moto, which knows about message groups."""
    return target["Arn"].split(":")[2] in _OURS and "SqsParameters" not in target
