"""What may a service do in the name of a role? Its clients are refused what IAM would refuse the role."""

import threading
from typing import Any

import boto3

from local_cloud.context import ACCOUNT, REGION, CloudContext
from local_cloud.functions.roles import policy_documents, statements
from local_cloud.iam.guard import Guard, attach


class RoleSession:
    """Clients in the name of one role, as its policies stand now; each made once, from any thread."""

    def __init__(self, context: CloudContext, arn: str, *, name: str) -> None:
        """``name`` is the session's: it says which service has taken the role."""
        self._context = context
        self._session = boto3.Session(region_name=REGION)
        granted = statements(policy_documents(arn))
        principal = f"{arn.rsplit('/', 1)[-1]}/{name}"
        attach(Guard(granted, account=ACCOUNT, region=REGION, principal=principal), self._session)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """A client of the emulated AWS."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._context.client(service, self._session)
            return self._clients[service]

    def close(self) -> None:
        """No more calls."""
        with self._lock:
            for client in self._clients.values():
                client.close()
