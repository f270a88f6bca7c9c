"""Resources made by functions: what they are told, what their answers do, and what happens without an answer."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_cloud.cloudformation_builders import (
    Answer,
    Stacks,
    a_cloud_with_stacks,
    a_failure,
    a_value,
    outputs,
)

ARN = "arn:aws:lambda:us-east-1:123456789012:function:custom"

Reply = Callable[[dict[str, Any]], dict[str, Any] | None]


def put(url: str, body: str) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    connection.request("PUT", parts.path, body)
    connection.getresponse().read()
    connection.close()


class Function:
    """A function that keeps the events it gets and answers each as ``reply`` says."""

    def __init__(self, reply: Reply) -> None:
        self.reply, self.events = reply, list[dict[str, Any]]()

    def __call__(self, event: dict[str, Any]) -> Answer:
        self.events.append(event)
        answer = self.reply(event)
        if answer is not None:
            keys = ("StackId", "RequestId", "LogicalResourceId")
            body = {**{key: event[key] for key in keys}, "Status": "SUCCESS", **answer}
            put(event["ResponseURL"], json.dumps(body))
        return Answer()

    def told(self) -> list[tuple[str, str | None]]:
        """(what to do, with which physical id) of each event."""
        return [(event["RequestType"], event.get("PhysicalResourceId")) for event in self.events]


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    with a_cloud_with_stacks(tmp_path_factory.mktemp("cloud")) as running:
        yield running


def custom(**properties: Any) -> dict[str, Any]:
    return {"Type": "Custom::Thing", "Properties": {"ServiceToken": ARN, **properties}}


def with_function(stacks: Stacks, reply: Reply) -> Function:
    function = stacks.functions[ARN] = Function(reply)
    return function


def test_a_function_is_told_what_to_make_with_every_scalar_as_text(stacks: Stacks) -> None:
    function = with_function(stacks, lambda _: {"PhysicalResourceId": "thing-1", "Data": {"Size": "7"}})
    told = {"Value": {"Value": {"Fn::GetAtt": ["Thing", "Size"]}}, "Id": {"Value": {"Ref": "Thing"}}}

    stack = stacks.put("custom", {"Thing": custom(Count=3, Deep={"On": True, "List": [1]})}, Outputs=told)

    (event,) = function.events
    assert outputs(stack) == {"Value": "7", "Id": "thing-1"}
    assert (event["RequestType"], event["ResourceType"], event["LogicalResourceId"]) == (
        "Create",
        "Custom::Thing",
        "Thing",
    )
    assert event["ResourceProperties"] == {
        "ServiceToken": ARN,
        "Count": "3",
        "Deep": {"On": "true", "List": ["1"]},
    }


def test_an_update_carries_the_old_properties(stacks: Stacks) -> None:
    function = with_function(stacks, lambda _: {"PhysicalResourceId": "same"})
    stacks.put("updated", {"Thing": custom(Size=1)})

    stacks.put("updated", {"Thing": custom(Size=2)})

    assert function.told() == [("Create", None), ("Update", "same")]
    assert function.events[1]["OldResourceProperties"]["Size"] == "1"


def test_an_update_that_answers_another_physical_id_deletes_the_old_one_after_everything(stacks: Stacks) -> None:
    function = with_function(stacks, lambda event: {"PhysicalResourceId": f"v{event['ResourceProperties']['Size']}"})
    resources = {"Thing": custom(Size=1), "Copy": a_value({"Ref": "Thing"})}
    stacks.put("replaced", resources)

    stacks.put("replaced", {**resources, "Thing": custom(Size=2)})

    history = stacks.history("replaced")
    assert function.told() == [("Create", None), ("Update", "v1"), ("Delete", "v1")]
    assert history.index("Copy UPDATE_COMPLETE") < history.index("Thing DELETE_IN_PROGRESS")


def test_new_data_reaches_what_refers_to_it(stacks: Stacks) -> None:
    with_function(
        stacks, lambda event: {"PhysicalResourceId": "x", "Data": {"Size": event["ResourceProperties"]["Size"]}}
    )
    copy = a_value({"Fn::GetAtt": ["Thing", "Size"]})
    stacks.put("data", {"Thing": custom(Size=1), "Copy": copy})

    stacks.put("data", {"Thing": custom(Size=2), "Copy": copy})

    ssm = stacks.context.client("ssm")
    assert ssm.get_parameter(Name=stacks.physical("data", "Copy"))["Parameter"]["Value"] == "2"


def test_a_failed_answer_fails_the_resource_with_its_reason_and_what_was_made_is_deleted(stacks: Stacks) -> None:
    def reply(event: dict[str, Any]) -> dict[str, Any]:
        failed = {"Status": "FAILED", "Reason": "no room"}
        return {"PhysicalResourceId": "half", **(failed if event["RequestType"] == "Create" else {})}

    function = with_function(stacks, reply)

    stack = stacks.put("failed", {"Thing": custom()})

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason("failed", "Thing") == "no room"
    assert function.told() == [("Create", None), ("Delete", "half")]


def test_a_failed_update_is_undone_by_an_update_with_the_old_properties(stacks: Stacks) -> None:
    function = with_function(stacks, lambda _: {"PhysicalResourceId": "same"})
    stacks.put("undone", {"Thing": custom(Size=1)})

    stack = stacks.put("undone", {"Thing": custom(Size=2), "Bad": a_failure("Thing")})

    sizes = [event["ResourceProperties"]["Size"] for event in function.events]
    assert (stack["StackStatus"], sizes) == ("UPDATE_ROLLBACK_COMPLETE", ["1", "2", "1"])


def test_a_function_that_crashes_fails_its_resource_at_once(stacks: Stacks) -> None:
    stacks.functions[ARN] = lambda _: Answer(b'{"errorMessage": "boom"}', error="Unhandled")

    stack = stacks.put("crashed", {"Thing": custom()})

    assert stack["StackStatus"] == "ROLLBACK_FAILED"
    assert "failed without answering: Unhandled" in stacks.reason("crashed", "Thing")


def test_a_function_that_cannot_be_invoked_fails_its_resource(stacks: Stacks) -> None:
    thing = {"Type": "AWS::CloudFormation::CustomResource", "Properties": {"ServiceToken": "arn:nobody"}}

    stacks.put("nobody", {"Thing": thing})

    assert "KeyError" in stacks.reason("nobody", "Thing")


def test_a_function_that_never_answers_is_given_up_after_its_service_timeout(stacks: Stacks) -> None:
    with_function(stacks, lambda event: None if event["RequestType"] == "Create" else {})

    stack = stacks.put("silent", {"Thing": custom(ServiceTimeout=1)})

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "did not answer" in stacks.reason("silent", "Thing")


def test_the_service_token_cannot_change(stacks: Stacks) -> None:
    with_function(stacks, lambda _: {"PhysicalResourceId": "same"})
    stacks.functions["arn:other"] = stacks.functions[ARN]
    stacks.put("token", {"Thing": custom()})

    stacks.put("token", {"Thing": {"Type": "Custom::Thing", "Properties": {"ServiceToken": "arn:other"}}})

    assert stacks.reason("token", "Thing") == "Modifying service token is not allowed."


def test_a_deleted_stack_has_the_function_delete_what_it_made(stacks: Stacks) -> None:
    function = with_function(stacks, lambda _: {"PhysicalResourceId": "made"})
    stacks.put("deleted", {"Thing": custom()})

    status = stacks.delete("deleted")

    assert (status, function.told()[-1]) == ("DELETE_COMPLETE", ("Delete", "made"))


def test_a_busy_stack_takes_no_second_operation(stacks: Stacks) -> None:
    go_on = threading.Event()
    with_function(stacks, lambda _: {"PhysicalResourceId": "slow"} if go_on.wait(30) else None)
    body = json.dumps({"Resources": {"Thing": custom()}})
    creating = threading.Thread(target=stacks.client.create_stack, kwargs={"StackName": "busy", "TemplateBody": body})
    creating.start()
    while not stacks.functions[ARN].events:  # type: ignore[attr-defined]  # a Function
        creating.join(0.01)

    with pytest.raises(ClientError, match="CREATE_IN_PROGRESS state and can not be deleted"):
        stacks.client.delete_stack(StackName="busy")

    go_on.set()
    creating.join()
    assert stacks.at_rest("busy")["StackStatus"] == "CREATE_COMPLETE"
