"""Events that moto accepts but never delivers: here rules, schedules, queues and topics reach their targets."""

from local_cloud.events.events import Events

__all__ = ["Events"]
