"""How is a resource made whose API has one call to create it and to write over it?"""

from typing import ClassVar

from local_cloud.cloudformation.resource import Live, Request


class Put:
    """A handler of such a type.

    Attributes:
        service: The boto3 name of the service.
        put: Creates or overwrites.
        remove: Deletes, given ``keys``.
        keys: The properties that identify the resource.

    """

    service: ClassVar[str]
    put: ClassVar[str]
    remove: ClassVar[str]
    keys: ClassVar[tuple[str, ...]]

    def create(self, request: Request) -> Live:
        """Put it."""
        request.call(self.service, self.put, request.named)
        return Live(request.name, self.attributes(request))

    def update(self, request: Request) -> Live:
        """Put it, over the old one."""
        return self.create(request)

    def delete(self, request: Request) -> None:
        """Remove it."""
        named = request.named
        request.call(self.service, self.remove, {key: named[key] for key in self.keys})

    def attributes(self, request: Request) -> dict[str, str]:  # noqa: ARG002  for those that have some
        """What ``Fn::GetAtt`` gives."""
        return {}
