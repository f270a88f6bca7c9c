"""How are topics, subscriptions and topic policies made?"""

from typing import Any

from local_cloud.cloudformation.resource import Live, Request, resource

_TOPIC = (
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
)
_SUBSCRIPTION = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
)


@resource("AWS::SNS::Topic", name="TopicName", name_limit=256, replaced_by="FifoTopic")
class Topic:
    """A topic and the subscriptions named inside it; ``Ref`` is its ARN."""

    def create(self, request: Request) -> Live:
        """CreateTopic, Subscribe."""
        request.expect(*_TOPIC, "TopicName", "Subscription", "Tags")
        topic = {"Name": request.name, "Attributes": request.only(*_TOPIC), **request.only("Tags")}
        arn = request.call("sns", "create_topic", topic)["TopicArn"]
        live = Live(arn, {"TopicArn": arn, "TopicName": request.name})
        request.made(live)
        self._subscribe(request, arn)
        return live

    def update(self, request: Request) -> Live:
        """SetTopicAttributes; subscriptions are made anew."""
        request.expect(*_TOPIC, "TopicName", "Subscription", "Tags")
        for name in _TOPIC:
            if request.changed(name):
                change = {"AttributeName": name, "AttributeValue": request.properties.get(name, "")}
                request.call("sns", "set_topic_attributes", {"TopicArn": request.physical_id, **change})
        if request.changed("Subscription"):
            self._unsubscribe(request, request.previous.get("Subscription", []))
            self._subscribe(request, request.physical_id)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteTopic."""
        request.call("sns", "delete_topic", {"TopicArn": request.physical_id})

    @staticmethod
    def _subscribe(request: Request, arn: str) -> None:
        for subscription in request.properties.get("Subscription", []):
            request.call("sns", "subscribe", {"TopicArn": arn, **subscription})

    @staticmethod
    def _unsubscribe(request: Request, subscriptions: list[dict[str, Any]]) -> None:
        gone = [(each["Protocol"], each["Endpoint"]) for each in subscriptions]
        topic = {"TopicArn": request.physical_id}
        for each in request.call("sns", "list_subscriptions_by_topic", topic)["Subscriptions"]:
            if (each["Protocol"], each["Endpoint"]) in gone:
                request.call("sns", "unsubscribe", {"SubscriptionArn": each["SubscriptionArn"]})


@resource("AWS::SNS::Subscription", replaced_by="Endpoint Protocol TopicArn")
class Subscription:
    """Who is told what a topic says; ``Ref`` is its ARN."""

    def create(self, request: Request) -> Live:
        """Subscribe."""
        request.expect(*_SUBSCRIPTION, "Endpoint", "Protocol", "TopicArn")
        subscription = {**request.without(*_SUBSCRIPTION), "Attributes": request.only(*_SUBSCRIPTION)}
        arn = request.call("sns", "subscribe", {**subscription, "ReturnSubscriptionArn": True})["SubscriptionArn"]
        return Live(arn, {"Arn": arn})

    def update(self, request: Request) -> Live:
        """SetSubscriptionAttributes."""
        for name in _SUBSCRIPTION:
            if request.changed(name):
                change = {"AttributeName": name, "AttributeValue": request.properties.get(name, "")}
                subscription = {"SubscriptionArn": request.physical_id, **change}
                request.call("sns", "set_subscription_attributes", subscription)
        return request.existing

    def delete(self, request: Request) -> None:
        """Unsubscribe."""
        request.call("sns", "unsubscribe", {"SubscriptionArn": request.physical_id})


@resource("AWS::SNS::TopicPolicy")
class TopicPolicy:
    """Who may do what with some topics."""

    def create(self, request: Request) -> Live:
        """SetTopicAttributes."""
        request.expect("Topics", "PolicyDocument")
        for arn in request.properties["Topics"]:
            policy = {"AttributeName": "Policy", "AttributeValue": request.properties["PolicyDocument"]}
            request.call("sns", "set_topic_attributes", {"TopicArn": arn, **policy})
        return Live(request.name, {"Id": request.name})

    def update(self, request: Request) -> Live:
        """SetTopicAttributes."""
        self.create(request)
        return request.existing

    def delete(self, request: Request) -> None:
        """The policy stays on its topics: SNS has no call that takes one away, and the topics go with it."""
