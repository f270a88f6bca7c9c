"""How are buckets made?"""

from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.cloudformation.calls import UnknownProperty
from local_cloud.cloudformation.resource import Live, Request, resource
from local_cloud.context import REGION

# Property: the call that sets it, the member that carries it.
_SETTINGS: Mapping[str, tuple[str, str]] = {
    "BucketEncryption": ("put_bucket_encryption", "ServerSideEncryptionConfiguration"),
    "CorsConfiguration": ("put_bucket_cors", "CORSConfiguration"),
    "LifecycleConfiguration": ("put_bucket_lifecycle_configuration", "LifecycleConfiguration"),
    "NotificationConfiguration": ("put_bucket_notification_configuration", "NotificationConfiguration"),
    "OwnershipControls": ("put_bucket_ownership_controls", "OwnershipControls"),
    "PublicAccessBlockConfiguration": ("put_public_access_block", "PublicAccessBlockConfiguration"),
    "VersioningConfiguration": ("put_bucket_versioning", "VersioningConfiguration"),
}
# Property: the call that unsets it once a template no longer has it.
_UNSET: Mapping[str, str] = {
    "BucketEncryption": "delete_bucket_encryption",
    "CorsConfiguration": "delete_bucket_cors",
    "LifecycleConfiguration": "delete_bucket_lifecycle",
    "OwnershipControls": "delete_bucket_ownership_controls",
    "PublicAccessBlockConfiguration": "delete_public_access_block",
}


@resource(
    "AWS::S3::Bucket",
    name="BucketName",
    name_limit=63,
    lower_case=True,
    replaced_by="BucketNamePrefix BucketNamespace",
    ignored={
        "AccessControl": "canned ACLs are about other accounts, and there are none",
        "LoggingConfiguration": "nobody writes access logs here",
    },
)
class Bucket:
    """A bucket; one that holds objects cannot be deleted, as on AWS."""

    def create(self, request: Request) -> Live:
        """CreateBucket and a call for each setting."""
        request.expect("BucketName", "ObjectLockEnabled", "Tags", *_SETTINGS)
        bucket = {"Bucket": request.name}
        lock = {"ObjectLockEnabledForBucket": request.properties.get("ObjectLockEnabled", False)}
        request.call("s3", "create_bucket", {**bucket, **lock})
        live = Live(request.name, _attributes(request.name))
        request.made(live)
        if request.properties.get("Tags"):
            tags = {"TagSet": request.properties["Tags"]}
            request.call("s3", "put_bucket_tagging", {**bucket, "Tagging": tags})
        self._set(request)
        return live

    def update(self, request: Request) -> Live:
        """A call for each setting that changed."""
        request.expect("BucketName", "ObjectLockEnabled", "Tags", *_SETTINGS)
        if request.changed("ObjectLockEnabled"):
            raise UnknownProperty("moto cannot lock the objects of a bucket that exists already")
        self._set(request)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteBucket."""
        request.call("s3", "delete_bucket", {"Bucket": request.name})

    @staticmethod
    def _set(request: Request) -> None:
        bucket = {"Bucket": request.name}
        for name, (operation, member) in _SETTINGS.items():
            if request.changed(name) and name in request.properties:
                value = request.properties[name]
                setting = _TRANSLATIONS[name](value) if name in _TRANSLATIONS else value
                request.call("s3", operation, {**bucket, member: setting})
            elif request.changed(name) and name in _UNSET:
                request.call("s3", _UNSET[name], bucket)


@resource(
    "AWS::S3::BucketPolicy",
    replaced_by="Bucket",
    ignored={
        "PolicyDocument": "moto enforces a policy's Deny but not its Condition: asking for TLS locks everybody out"
    },
)
class BucketPolicy:
    """Kept in the stack only."""

    def create(self, request: Request) -> Live:
        """Only the name."""
        request.expect("Bucket")
        return Live(str(request.properties["Bucket"]))

    def update(self, request: Request) -> Live:
        """Still only the name."""
        return request.existing

    def delete(self, request: Request) -> None:
        """Nothing to do."""


def _attributes(name: str) -> dict[str, str]:
    return {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "DualStackDomainName": f"{name}.s3.dualstack.{REGION}.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{REGION}.amazonaws.com",
        "WebsiteURL": f"http://{name}.s3-website-{REGION}.amazonaws.com",
    }


def _encryption(value: dict[str, Any]) -> dict[str, Any]:
    """The rules stand under another name in the API."""
    rules = [
        _renamed(rule, {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"})
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": rules}


def _lifecycle(value: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's rules are flat where the API's are nested."""
    return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    result = {key: item for key, item in rule.items() if key in _LIFECYCLE_AS_IS}
    expiration = {
        member: rule[key]
        for key, member in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if key in rule
    }
    if expiration:
        result["Expiration"] = expiration
    if "Transitions" in rule:
        result["Transitions"] = [
            _renamed(each, {"TransitionInDays": "Days", "TransitionDate": "Date"}) for each in rule["Transitions"]
        ]
    if "NoncurrentVersionTransitions" in rule:
        result["NoncurrentVersionTransitions"] = [
            _renamed(each, {"TransitionInDays": "NoncurrentDays"}) for each in rule["NoncurrentVersionTransitions"]
        ]
    if unknown := sorted(rule.keys() - _LIFECYCLE):
        raise UnknownProperty(f"the local cloud does not know {unknown[0]} of a lifecycle rule")
    return {**result, "Filter": {"Prefix": rule.get("Prefix", "")}}


_LIFECYCLE_AS_IS = {"Id", "Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"}
_LIFECYCLE = _LIFECYCLE_AS_IS | {
    "ExpirationDate",
    "ExpirationInDays",
    "ExpiredObjectDeleteMarker",
    "NoncurrentVersionTransitions",
    "Prefix",
    "Transitions",
}


def _notifications(value: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation names one event an entry, and the lists differently."""
    result: dict[str, Any] = {}
    if value.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", True) and (
        "EventBridgeConfiguration" in value
    ):
        result["EventBridgeConfiguration"] = {}
    for kind, key, arn in (
        ("Lambda", "Function", "LambdaFunctionArn"),
        ("Queue", "Queue", "QueueArn"),
        ("Topic", "Topic", "TopicArn"),
    ):
        if entries := value.get(f"{kind}Configurations"):
            name = "LambdaFunctionConfigurations" if kind == "Lambda" else f"{kind}Configurations"
            result[name] = [_notification(entry, key, arn) for entry in entries]
    return result


def _notification(entry: dict[str, Any], key: str, arn: str) -> dict[str, Any]:
    result: dict[str, Any] = {arn: entry[key], "Events": [entry["Event"]]}
    if "Filter" in entry:
        result["Filter"] = {"Key": {"FilterRules": entry["Filter"]["S3Key"]["Rules"]}}
    return result


def _renamed(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(key, key): item for key, item in value.items()}


_TRANSLATIONS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "BucketEncryption": _encryption,
    "LifecycleConfiguration": _lifecycle,
    "NotificationConfiguration": _notifications,
    "OwnershipControls": lambda value: {"Rules": value["Rules"]},
    "CorsConfiguration": lambda value: {
        "CORSRules": [
            _renamed(rule, {"MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders"})
            for rule in value["CorsRules"]
        ]
    },
}
