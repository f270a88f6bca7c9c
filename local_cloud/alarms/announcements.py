"""How do others hear that an alarm changed? EventBridge always; topics, functions and OpsItems as the alarm's actions.

In one thread of its own and in order, because whoever changed the alarm may hold a lock or answer a request.
"""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.alarms.change import Change, event_detail, function_event, notification
from local_cloud.context import CloudContext
from local_cloud.functions.destinations import Destinations, Undeliverable

_log = logging.getLogger(__name__)
#: Told of each action: the change, the action's ARN, and what went wrong, if something did.
OnAction = Callable[[Change, str, str | None], None]


class Announcements:
    """Best effort, from the first call to `stop`."""

    def __init__(self, context: CloudContext, *, on_action: OnAction) -> None:
        self._clients = {name: context.client(name) for name in ("events", "sns", "ssm")}
        self._destinations = Destinations(context)
        self._on_action = on_action
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="alarm-announcements")

    def announce(self, change: Change) -> None:
        """Send the event."""
        self._thread.submit(self._announce, change)

    def act(self, change: Change) -> None:
        """Do what the alarm's configuration says for its new state."""
        for action in change.actions:
            self._thread.submit(self._act, change, action)

    def stop(self) -> None:
        """Drop what was not sent yet."""
        self._thread.shutdown(cancel_futures=True)
        for client in self._clients.values():
            client.close()

    def _announce(self, change: Change) -> None:
        entry = {
            "Source": "aws.cloudwatch",
            "DetailType": "CloudWatch Alarm State Change",
            "Time": change.after.at,
            "Resources": [change.arn],
            "Detail": json.dumps(event_detail(change)),
        }
        try:
            self._clients["events"].put_events(Entries=[entry])
        except (ClientError, BotoCoreError) as error:
            _log.warning("event.lost alarm=%s error=%s", change.configuration.name, error)

    def _act(self, change: Change, action: str) -> None:
        failure = None
        try:
            self._deliver(change, action)
        except (ClientError, BotoCoreError, Undeliverable) as error:
            failure = str(error)
            _log.warning("action.failed alarm=%s action=%s error=%s", change.configuration.name, action, error)
        self._on_action(change, action, failure)

    def _deliver(self, change: Change, action: str) -> None:
        service = action.split(":")[2]
        if service == "sns":
            subject, message = notification(change)
            self._clients["sns"].publish(TopicArn=action, Subject=subject, Message=json.dumps(message, default=str))
        elif service == "ssm" and ":opsitem:" in action:
            self._clients["ssm"].create_ops_item(**_ops_item(change, action))
        elif service == "lambda":
            self._destinations.send(action, json.dumps(function_event(change)))
        else:
            raise Undeliverable(f"the local cloud has no alarm action {action}")


def _ops_item(change: Change, action: str) -> dict[str, object]:
    """What ``arn:…:opsitem:SEVERITY`` creates."""
    related = json.dumps([{"arn": change.arn}])
    return {
        "Title": f"CloudWatch alarm - '{change.configuration.name}' is in {change.after.state} state"[:1024],
        "Description": change.after.reason[:1024],
        "Source": "CloudWatch Alarm",
        "Severity": action.split(":opsitem:")[1].partition("#")[0],
        "OperationalData": {"/aws/resources": {"Value": related, "Type": "SearchableString"}},
    }
