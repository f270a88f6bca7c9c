"""CloudWatch's alarms, which moto keeps but never evaluates: metric and composite alarms, their events and actions."""

from local_cloud.alarms.watch import Alarms

__all__ = ["Alarms"]
