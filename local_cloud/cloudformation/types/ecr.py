"""How are image repositories made?"""

from local_cloud.cloudformation.resource import Live, Request, resource
from local_cloud.context import ACCOUNT, REGION

_POLICIES = ("LifecyclePolicy", "RepositoryPolicyText", "EmptyOnDelete")


@resource("AWS::ECR::Repository", name="RepositoryName", lower_case=True, replaced_by="EncryptionConfiguration")
class Repository:
    """A repository."""

    def create(self, request: Request) -> Live:
        """CreateRepository and its policies."""
        properties = {**request.without(*_POLICIES), "RepositoryName": request.name}
        answer = request.call("ecr", "create_repository", properties)["repository"]
        live = Live(request.name, {"Arn": answer["repositoryArn"], "RepositoryUri": _uri(request.name)})
        request.made(live)
        self._put_policies(request)
        return live

    def update(self, request: Request) -> Live:
        """Scanning, mutability and policies."""
        name = {"repositoryName": request.name}
        if request.changed("ImageScanningConfiguration"):
            scanning = {**name, **request.only("ImageScanningConfiguration")}
            request.call("ecr", "put_image_scanning_configuration", scanning)
        if request.changed("ImageTagMutability"):
            request.call("ecr", "put_image_tag_mutability", {**name, **request.only("ImageTagMutability")})
        self._put_policies(request)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteRepository, which refuses while there are images unless EmptyOnDelete is set."""
        force = request.properties.get("EmptyOnDelete", False)
        request.call("ecr", "delete_repository", {"repositoryName": request.name, "force": force})

    @staticmethod
    def _put_policies(request: Request) -> None:
        name = {"repositoryName": request.name}
        lifecycle = request.properties.get("LifecyclePolicy", {}).get("LifecyclePolicyText")
        if request.changed("LifecyclePolicy") and lifecycle:
            request.call("ecr", "put_lifecycle_policy", {**name, "lifecyclePolicyText": lifecycle})
        policy = request.properties.get("RepositoryPolicyText")
        if request.changed("RepositoryPolicyText") and policy:
            request.call("ecr", "set_repository_policy", {**name, "policyText": policy})


def _uri(name: str) -> str:
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}"
