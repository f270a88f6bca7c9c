"""How are parameters of the parameter store made?"""

from local_cloud.cloudformation.resource import Live, Request, resource


@resource("AWS::SSM::Parameter", name="Name")
class Parameter:
    """A stored value."""

    def create(self, request: Request) -> Live:
        """PutParameter."""
        request.call("ssm", "put_parameter", {**request.properties, "Name": request.name})
        return self._live(request)

    def update(self, request: Request) -> Live:
        """PutParameter, over the old value."""
        properties = request.without("Tags")  # AWS refuses Tags together with Overwrite
        request.call("ssm", "put_parameter", {**properties, "Name": request.name, "Overwrite": True})
        return self._live(request)

    def delete(self, request: Request) -> None:
        """DeleteParameter."""
        request.call("ssm", "delete_parameter", {"Name": request.name})

    @staticmethod
    def _live(request: Request) -> Live:
        return Live(request.name, request.only("Type", "Value"))
