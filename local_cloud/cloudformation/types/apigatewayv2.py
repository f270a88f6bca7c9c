"""How are HTTP APIs made?"""

from typing import ClassVar

from local_cloud.cloudformation.resource import Live, Request, resource

_SERVICE = "apigatewayv2"


class Part:
    """Something with an id that the API gives it; all of them but the API itself belong to one.

    Attributes:
        word: What the operations' names end in.
        key: The member that holds the id.
        attributes: The members that ``Fn::GetAtt`` gives.

    """

    word: ClassVar[str]
    key: ClassVar[str]
    attributes: ClassVar[tuple[str, ...]]

    def create(self, request: Request) -> Live:
        """CreateApi, CreateRoute and so on."""
        answer = request.call(_SERVICE, f"create_{self.word}", request.properties)
        return Live(answer[self.key], {name: answer[name] for name in self.attributes})

    def update(self, request: Request) -> Live:
        """UpdateApi, UpdateRoute and so on."""
        change = {**request.properties, **self._keys(request)}
        request.call(_SERVICE, f"update_{self.word}", change, create_only=f"create_{self.word}")
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteApi, DeleteRoute and so on."""
        request.call(_SERVICE, f"delete_{self.word}", self._keys(request))

    def _keys(self, request: Request) -> dict[str, str]:
        return {**request.only("ApiId"), self.key: request.physical_id}


@resource("AWS::ApiGatewayV2::Api", replaced_by="ProtocolType")
class Api(Part):
    """An API."""

    word, key, attributes = "api", "ApiId", ("ApiId", "ApiEndpoint")


@resource("AWS::ApiGatewayV2::Integration", replaced_by="ApiId")
class Integration(Part):
    """What an API calls."""

    word, key, attributes = "integration", "IntegrationId", ("IntegrationId",)


@resource("AWS::ApiGatewayV2::Route", replaced_by="ApiId")
class Route(Part):
    """Which requests go to which integration."""

    word, key, attributes = "route", "RouteId", ("RouteId",)


@resource("AWS::ApiGatewayV2::Authorizer", replaced_by="ApiId")
class Authorizer(Part):
    """Who may call a route."""

    word, key, attributes = "authorizer", "AuthorizerId", ("AuthorizerId",)


@resource("AWS::ApiGatewayV2::Stage", name="StageName", replaced_by="ApiId")
class Stage(Part):
    """Under which settings an API is served; ``Ref`` is its name."""

    word, key, attributes = "stage", "StageName", ()

    def update(self, request: Request) -> Live:
        """Deleted and created again, under the same name: moto has no UpdateStage."""
        self.delete(request)
        return self.create(request)
