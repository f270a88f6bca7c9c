"""API Gateway's HTTP API as deployed, on a loopback port: routes, authorizers, throttles, payload format 2.0."""

from local_cloud.front_door.door import FrontDoor

__all__ = ["FrontDoor"]
