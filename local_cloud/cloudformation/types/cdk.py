"""Which resources does CDK add for itself?"""

from local_cloud.cloudformation.resource import Live, Request, resource


@resource("AWS::CDK::Metadata", ignored={"Analytics": "it counts constructs for AWS"})
class Metadata:
    """Nothing exists behind it, on AWS neither."""

    def create(self, request: Request) -> Live:
        """Only the name."""
        return Live(request.name)

    def update(self, request: Request) -> Live:
        """Still only the name."""
        return Live(request.physical_id)

    def delete(self, request: Request) -> None:
        """Nothing to do."""
