"""The local cloud's event delivery, put together: rules, schedules, queues and topics that reach their functions."""

from contextlib import ExitStack

from local_cloud.context import CloudContext
from local_cloud.events.delivery import Delivery
from local_cloud.events.notifications import install_notifications
from local_cloud.events.queues import Invoke, Queues, install_queues
from local_cloud.events.rules import install_rules
from local_cloud.events.schedules import Schedules, install_expressions
from local_cloud.events.topics import install_topics


class Events:
    """Delivers at least once, in threads of its own, from `start` to `stop`."""

    def __init__(self, context: CloudContext, *, invoke: Invoke) -> None:
        """`invoke` takes a function's name or ARN and an event, and waits for the answer."""
        self._delivery = Delivery(context)
        self._schedules = Schedules(self._delivery, clock=context.clock)
        self._queues = Queues(context, invoke=invoke)
        self._hooks = ExitStack()

    def install(self) -> None:
        """From now on moto leaves deliveries to us."""
        self._hooks.enter_context(install_rules(self._delivery))
        self._hooks.enter_context(install_expressions())
        self._hooks.enter_context(install_queues())
        self._hooks.enter_context(install_topics(self._delivery))
        self._hooks.enter_context(install_notifications())

    def start(self) -> None:
        """Begin to watch schedules and queues."""
        self._schedules.start()
        self._queues.start()

    def stop(self) -> None:
        """Deliver nothing any more."""
        self._hooks.close()
        self._schedules.stop()
        self._queues.stop()
        self._delivery.stop()
