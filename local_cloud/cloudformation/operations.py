"""How is one resource of a stack created, updated or deleted, and what does the stack's history say about it?"""

from dataclasses import replace
from typing import NoReturn

from botocore.exceptions import ClientError

from local_cloud.cloudformation.calls import Calls
from local_cloud.cloudformation.resource import Live, Request
from local_cloud.cloudformation.stack import Declared, Deployed, Stack

_LONGEST_REASON = 1000


class ResourceFailed(Exception):
    """A resource could not be made, changed or deleted.

    Attributes:
        left: What exists all the same, to be undone; None when nothing does.

    """

    def __init__(self, text: str, left: Deployed | None = None) -> None:
        super().__init__(text)
        self.left = left


class Operations:
    """Acts on the resources of one stack."""

    def __init__(self, stack: Stack, call: Calls) -> None:
        self._stack, self._call = stack, call

    def create(self, declared: Declared, *, replaces: Deployed | None = None) -> Deployed:
        """Make a resource, perhaps in the place of another; raises ResourceFailed."""
        known, verb = declared.type, "UPDATE" if replaces else "CREATE"
        given = declared.properties.get(known.name_property) if known.name_property else None
        name = str(given or known.made_up_name(self._stack.name, declared.logical_id))
        made: list[Live] = []
        self._tell(declared, f"{verb}_IN_PROGRESS")
        try:
            made.append(known.handler.create(replace(self._request(declared, name), made=made.append)))
        except Exception as error:  # noqa: BLE001  whatever went wrong in a handler, the stack must come to rest
            left = Deployed(declared, name, made[-1]) if made else None
            self._fail(declared, f"{verb}_FAILED", error, left)
        self._tell(declared, f"{verb}_COMPLETE", made[-1])
        return Deployed(declared, name, made[-1])

    def update(self, old: Deployed, declared: Declared) -> Deployed:
        """Change ``old`` in place.

        Raises ResourceFailed; what is left then is the old resource with perhaps some of the new properties.
        """
        request = self._request(declared, old.name)
        self._tell(declared, "UPDATE_IN_PROGRESS", old.live)
        try:
            live = declared.type.handler.update(replace(request, previous=old.declared.properties, live=old.live))
        except Exception as error:  # noqa: BLE001  as above
            self._fail(declared, "UPDATE_FAILED", error, Deployed(declared, old.name, old.live))
        self._tell(declared, "UPDATE_COMPLETE", live)
        return Deployed(declared, old.name, live)

    def delete(self, old: Deployed) -> str:
        """Delete it; returns why that was impossible, empty when it is gone."""
        self._tell(old.declared, "DELETE_IN_PROGRESS", old.live)
        try:
            request = self._request(old.declared, old.name)
            old.declared.type.handler.delete(replace(request, live=old.live))
        except Exception as error:  # noqa: BLE001  as above
            if not _is_gone(error):
                self._tell(old.declared, "DELETE_FAILED", old.live, reason=_reason(error))
                return f"{_title(old.declared)}: {_reason(error)}"
        self._tell(old.declared, "DELETE_COMPLETE", old.live)
        return ""

    def skip(self, old: Deployed) -> None:
        """Leave a resource whose policy is to be retained."""
        self._tell(old.declared, "DELETE_SKIPPED", old.live)

    def _request(self, declared: Declared, name: str) -> Request:
        return Request(
            call=self._call,
            stack_id=self._stack.stack_id,
            logical_id=declared.logical_id,
            kind=declared.kind,
            name=name,
            name_property=declared.type.name_property,
            properties=dict(declared.properties),
        )

    def _tell(self, declared: Declared, status: str, live: Live | None = None, *, reason: str | None = None) -> None:
        physical_id = live.physical_id if live else ""
        self._stack.tell(declared.kind, declared.logical_id, status, of=physical_id, reason=reason)

    def _fail(self, declared: Declared, status: str, error: Exception, left: Deployed | None) -> NoReturn:
        self._tell(declared, status, left.live if left else None, reason=_reason(error))
        raise ResourceFailed(f"{_title(declared)}: {_reason(error)}", left) from error


def _title(declared: Declared) -> str:
    return f"{declared.logical_id} ({declared.kind})"


def _reason(error: Exception) -> str:
    known = isinstance(error, ClientError | ValueError | ResourceFailed)
    return " ".join(str(error).split())[:_LONGEST_REASON] if known else f"{type(error).__name__}: {error}"


def _is_gone(error: Exception) -> bool:
    """Whether a deletion failed only because there was nothing to delete."""
    code = str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""
    return "NotFound" in code or "NonExistent" in code or code.startswith("NoSuch")
