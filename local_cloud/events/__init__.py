"""Events that moto accepts but never delivers: here rules, schedules, queues and topics reach their functions."""

from local_cloud.events.events import Events

__all__ = ["Events"]
