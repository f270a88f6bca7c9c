import json
from collections.abc import Iterator

import pytest

from tests.functional.local_cloud.function_builders import LambdaCloud, a_lambda_cloud, eventually

FAILING = "def handler(e, c):\n  print('attempt'); raise ValueError('boom')"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaCloud]:
    with a_lambda_cloud(tmp_path_factory.mktemp("asynchronous"), speed=1000) as running:
        yield running


def send(cloud: LambdaCloud, function: str, event: object) -> None:
    cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())


def test_a_failing_event_is_tried_three_times_then_goes_to_the_functions_dead_letters(cloud: LambdaCloud) -> None:
    url, queue = cloud.a_queue("dead-letters")
    cloud.a_function("doomed", FAILING, DeadLetterConfig={"TargetArn": queue})

    send(cloud, "doomed", {"n": 1})

    assert eventually(lambda: cloud.messages(url)) == [{"n": 1}]
    assert eventually(lambda: cloud.log_lines("/aws/lambda/doomed").count("attempt") == 3)


def test_a_failure_is_recorded_at_its_destination(cloud: LambdaCloud) -> None:
    url, queue = cloud.a_queue("failures")
    cloud.a_function("recorded", FAILING)
    cloud.client("lambda").put_function_event_invoke_config(
        FunctionName="recorded",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )

    send(cloud, "recorded", {"n": 2})

    (record,) = eventually(lambda: cloud.messages(url))
    assert record["requestPayload"] == {"n": 2}
    assert record["responsePayload"]["errorType"] == "ValueError"
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 1


def test_a_success_is_recorded_at_its_destination(cloud: LambdaCloud) -> None:
    url, queue = cloud.a_queue("successes")
    cloud.a_function("succeeding")
    cloud.client("lambda").put_function_event_invoke_config(
        FunctionName="succeeding", DestinationConfig={"OnSuccess": {"Destination": queue}}
    )

    send(cloud, "succeeding", {"n": 3})

    (record,) = eventually(lambda: cloud.messages(url))
    assert record["responsePayload"] == {"n": 3}
    assert record["requestContext"]["condition"] == "Success"
