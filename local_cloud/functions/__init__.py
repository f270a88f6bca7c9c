"""Lambda on this machine: the deployed zip, run by AWS's own runtime client in a process of its own."""

from local_cloud.functions.functions import Functions
from local_cloud.functions.invocation import Invocation, InvocationRefused

__all__ = ["Functions", "Invocation", "InvocationRefused"]
