"""How are queues and their policies made?"""

from typing import Any

from local_cloud.cloudformation.resource import Live, Request, resource


@resource("AWS::SQS::Queue", name="QueueName", name_limit=80, replaced_by="FifoQueue")
class Queue:
    """A queue; ``Ref`` is its URL."""

    def create(self, request: Request) -> Live:
        """CreateQueue."""
        attributes = request.without("QueueName", "Tags")
        queue = {"QueueName": request.name, "Attributes": attributes, **request.only("Tags")}
        url = request.call("sqs", "create_queue", queue)["QueueUrl"]
        wanted = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
        arn = request.call("sqs", "get_queue_attributes", wanted)["Attributes"]["QueueArn"]
        return Live(url, {"Arn": arn, "QueueName": request.name, "QueueUrl": url})

    def update(self, request: Request) -> Live:
        """SetQueueAttributes."""
        attributes = request.without("QueueName", "Tags", "FifoQueue")
        change = {"QueueUrl": request.physical_id, "Attributes": attributes}
        request.call("sqs", "set_queue_attributes", change)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteQueue."""
        request.call("sqs", "delete_queue", {"QueueUrl": request.physical_id})


@resource("AWS::SQS::QueuePolicy")
class QueuePolicy:
    """Who may do what with some queues."""

    def create(self, request: Request) -> Live:
        """SetQueueAttributes."""
        request.expect("Queues", "PolicyDocument")
        for url in request.properties["Queues"]:
            self._set(request, url, request.properties["PolicyDocument"])
        return Live(request.name, {"Id": request.name})

    def update(self, request: Request) -> Live:
        """SetQueueAttributes; queues no longer named lose the policy."""
        for url in set(request.previous["Queues"]) - set(request.properties["Queues"]):
            self._set(request, url, "")
        self.create(request)
        return request.existing

    def delete(self, request: Request) -> None:
        """Take the policy away."""
        for url in request.properties["Queues"]:
            self._set(request, url, "")

    @staticmethod
    def _set(request: Request, url: str, policy: Any) -> None:
        request.call("sqs", "set_queue_attributes", {"QueueUrl": url, "Attributes": {"Policy": policy}})
