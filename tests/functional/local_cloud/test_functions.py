import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.functions.invocation import FunctionNotFound, InvalidPackage, RequestTooLarge
from tests.functional.local_cloud.function_builders import LambdaCloud, a_lambda_cloud, a_zip

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaCloud]:
    with a_lambda_cloud(tmp_path_factory.mktemp("functions")) as running:
        yield running


def test_a_worker_stays_warm_between_events(cloud: LambdaCloud) -> None:
    cloud.a_function("warm", "import os\nn = 0\ndef handler(e, c):\n  global n; n += 1; return [n, os.getpid()]")

    (first, pid), (second, same_pid) = cloud.invoke("warm"), cloud.invoke("warm")

    assert (first, second) == (1, 2)
    assert pid == same_pid == cloud.functions.pids("warm")[0]


def test_the_context_says_what_lambda_would_say(cloud: LambdaCloud) -> None:
    source = """def handler(event, context):
    said = ("invoked_function_arn", "memory_limit_in_mb", "function_name", "function_version", "log_group_name")
    return {"left": context.get_remaining_time_in_millis(), **{name: getattr(context, name) for name in said}}"""
    arn = cloud.a_function("context", source, Timeout=7, MemorySize=512)

    said = cloud.invoke("context")

    assert 5000 < said.pop("left") <= 7000
    assert list(said.values()) == [arn, "512", "context", "$LATEST", "/aws/lambda/context"]


def test_a_worker_sees_the_templates_environment_and_nothing_of_ours(
    cloud: LambdaCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_DEVELOPER", "x")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    source = "import os\nbefore = dict(os.environ)\ndef handler(e, c): return before"
    cloud.a_function("environment", source, Environment={"Variables": {"STAGE": "test"}})

    seen = cloud.invoke("environment")

    assert seen["STAGE"] == "test"
    assert seen["AWS_ENDPOINT_URL"] == cloud.context.aws_url
    assert not {"SECRET_OF_THE_DEVELOPER", "PYTHONDONTWRITEBYTECODE", "HOME"} & set(seen)
    ours = {name for name in seen if not name.startswith(("AWS_", "LAMBDA_"))}
    assert ours <= {"STAGE", "PATH", "LD_LIBRARY_PATH", "LANG", "TZ", "PYTHONPATH", "_HANDLER", "LC_CTYPE"}


def test_the_zip_wins_over_the_checkout(cloud: LambdaCloud) -> None:
    source = """import sys, sluice, lambdas
def handler(event, context):
    try:
        from sluice.domain import signature
        leaked = signature.__file__
    except ModuleNotFoundError:
        leaked = None
    return {"who": sluice.WHO, "files": [sluice.__file__, lambdas.__file__], "leaked": leaked, "path": sys.path}"""
    files = {"main.py": source, "sluice/__init__.py": "WHO = 'first zip'", "lambdas/__init__.py": ""}
    cloud.a_function("zipped", files=files)

    first = cloud.invoke("zipped")
    files["sluice/__init__.py"] = "WHO = 'second zip'"
    cloud.client("lambda").update_function_code(FunctionName="zipped", ZipFile=a_zip(files))
    second = cloud.invoke("zipped")

    assert (first["who"], second["who"]) == ("first zip", "second zip")
    assert first["leaked"] is None
    assert str(CHECKOUT) not in first["path"]
    assert all(file.startswith(str(cloud.context.home)) for file in first["files"])


def test_a_zip_without_our_packages_does_not_get_them_from_the_checkout(cloud: LambdaCloud) -> None:
    cloud.a_function("bare", "import sluice\ndef handler(e, c): return 1")

    answer = cloud.answer("bare")

    assert answer.error == "Unhandled"
    assert "No module named 'sluice'" in json.loads(answer.payload)["errorMessage"]


def test_third_party_packages_come_from_the_projects_environment(cloud: LambdaCloud) -> None:
    cloud.a_function("packages", "import boto3, pydantic\ndef handler(e, c): return boto3.__version__")

    import boto3  # noqa: PLC0415

    assert cloud.invoke("packages") == boto3.__version__


def test_an_error_of_the_handler_is_reported_in_lambdas_words(cloud: LambdaCloud) -> None:
    cloud.a_function("failing", "def handler(e, c): raise ValueError('boom')")

    response = cloud.client("lambda").invoke(FunctionName="failing", Payload=b"{}")

    assert (response["StatusCode"], response["FunctionError"]) == (200, "Unhandled")
    error = json.load(response["Payload"])
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "boom")
    assert "main.py" in error["stackTrace"][0]


def test_a_handler_that_takes_too_long_is_killed_and_replaced(cloud: LambdaCloud) -> None:
    source = "import os, time\ndef handler(e, c):\n  if e: time.sleep(e)\n  return os.getpid()"
    cloud.a_function("slow", source, Timeout=1)
    pid = cloud.invoke("slow")

    answer = cloud.answer("slow", 30)

    assert answer.error == "Unhandled"
    error = json.loads(answer.payload)
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert cloud.invoke("slow") != pid


def test_a_failed_init_is_reported_and_tried_again(cloud: LambdaCloud, tmp_path: Path) -> None:
    flag = tmp_path / "ready"
    source = f"import pathlib\nassert pathlib.Path({str(flag)!r}).exists(), 'not yet'\ndef handler(e, c): return 'up'"
    cloud.a_function("init", source)

    failed = cloud.answer("init")
    flag.touch()

    assert json.loads(failed.payload)["errorType"] == "AssertionError"
    assert failed.error == "Unhandled"
    assert cloud.invoke("init") == "up"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [("os._exit(3)", "exit status 3"), ("os.kill(os.getpid(), 9)", "signal: killed"), ("os._exit(0)", "without")],
)
def test_a_worker_that_ends_in_the_middle_is_an_exit_error(cloud: LambdaCloud, statement: str, reason: str) -> None:
    name = f"exit-{abs(hash(statement))}"
    cloud.a_function(name, f"import os\ndef handler(e, c):\n  if e: {statement}\n  return 'fine'")

    answer = cloud.answer(name, 1)

    error = json.loads(answer.payload)
    assert error["errorType"] == "Runtime.ExitError"
    assert reason in error["errorMessage"]
    assert cloud.invoke(name) == "fine"


def test_a_worker_that_exits_while_starting_is_an_exit_error(cloud: LambdaCloud) -> None:
    cloud.a_function("init-exit", "import os\nos._exit(7)")

    answer = cloud.answer("init-exit")

    assert "exit status 7" in json.loads(answer.payload)["errorMessage"]


def test_an_idle_worker_that_was_killed_is_replaced_without_an_error(cloud: LambdaCloud) -> None:
    cloud.a_function("killed", "import os\ndef handler(e, c): return os.getpid()")
    pid = cloud.invoke("killed")

    os.kill(pid, signal.SIGKILL)
    time.sleep(0.05)  # the kernel takes a moment to end it

    assert cloud.invoke("killed") not in {pid, None}


def test_overlapping_events_get_workers_of_their_own(cloud: LambdaCloud) -> None:
    source = "import os, time\ndef handler(e, c):\n  time.sleep(0.5); return os.getpid()"
    cloud.a_function("overlapping", source)

    with ThreadPoolExecutor(2) as callers:
        pids = list(callers.map(lambda _: cloud.invoke("overlapping"), range(2)))

    assert len(set(pids)) == 2


def test_more_events_than_workers_wait_for_their_turn(cloud: LambdaCloud) -> None:
    cloud.a_function("queued", "import os, time\ndef handler(e, c):\n  time.sleep(0.05); return [e, os.getpid()]")

    with ThreadPoolExecutor(10) as callers:
        answers = list(callers.map(lambda n: cloud.invoke("queued", n), range(10)))

    assert [event for event, _ in answers] == list(range(10))
    assert len({pid for _, pid in answers}) <= 4


def test_new_configuration_reaches_the_next_event(cloud: LambdaCloud) -> None:
    source = "import os\ndef handler(e, c): return [os.environ['COLOUR'], os.getpid()]"
    cloud.a_function("painted", source, Environment={"Variables": {"COLOUR": "blue"}})
    blue, old = cloud.invoke("painted")

    cloud.client("lambda").update_function_configuration(
        FunctionName="painted", Environment={"Variables": {"COLOUR": "green"}}
    )

    green, new = cloud.invoke("painted")
    assert (blue, green) == ("blue", "green")
    assert cloud.functions.pids("painted") == [new] != [old]


def test_an_alias_runs_the_version_it_points_to(cloud: LambdaCloud) -> None:
    source = "def handler(e, c): return [c.function_version, c.invoked_function_arn]"
    arn = cloud.a_function("versioned", source)
    client = cloud.client("lambda")
    version = client.publish_version(FunctionName="versioned")["Version"]
    alias = client.create_alias(FunctionName="versioned", Name="live", FunctionVersion=version)["AliasArn"]

    by_api = json.load(client.invoke(FunctionName="versioned", Qualifier="live", Payload=b"1")["Payload"])

    assert by_api == cloud.invoke(alias) == cloud.invoke("versioned:live") == [version, f"{arn}:live"]


def test_an_unknown_function_is_not_found(cloud: LambdaCloud) -> None:
    with pytest.raises(FunctionNotFound):
        cloud.functions.invoke("nobody", b"{}")

    with pytest.raises(ClientError) as refused:
        cloud.client("lambda").invoke(FunctionName="nobody")

    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_package_that_is_no_zip_is_refused(cloud: LambdaCloud) -> None:
    arn = cloud.a_function("unzippable")
    cloud.client("lambda").update_function_code(FunctionName="unzippable", ZipFile=b"not a zip")

    with pytest.raises(InvalidPackage):
        cloud.functions.invoke(arn, b"{}")


def test_reserved_concurrency_of_zero_throttles(cloud: LambdaCloud) -> None:
    cloud.a_function("throttled")
    cloud.client("lambda").put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)

    with pytest.raises(ClientError) as refused:
        cloud.client("lambda").invoke(FunctionName="throttled")

    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"


def test_payloads_over_six_megabytes_are_refused_both_ways(cloud: LambdaCloud) -> None:
    cloud.a_function("big", "def handler(e, c): return 'x' * e if isinstance(e, int) else len(e)")

    with pytest.raises(RequestTooLarge):
        cloud.functions.invoke("big", b'"' + b"x" * 6_291_456 + b'"')
    answer = cloud.answer("big", 6_291_556)

    assert answer.error == "Unhandled"
    assert json.loads(answer.payload)["errorType"] == "Function.ResponseSizeTooLarge"
    assert cloud.invoke("big", "x" * 6_000_000) == 6_000_000
    assert cloud.invoke("big", 6_000_000) == "x" * 6_000_000


def test_a_snap_start_version_runs_its_restore_hooks(cloud: LambdaCloud) -> None:
    source = """from snapshot_restore_py import register_after_restore, register_before_snapshot
seen = []
register_before_snapshot(lambda: seen.append("before snapshot"))
register_after_restore(lambda: seen.append("after restore"))
def handler(e, c): return seen"""
    cloud.a_function("snap", source, SnapStart={"ApplyOn": "PublishedVersions"})
    version = cloud.client("lambda").publish_version(FunctionName="snap")["Version"]

    assert cloud.invoke(f"snap:{version}") == ["before snapshot", "after restore"]
    assert cloud.invoke("snap") == []


def test_stopping_ends_every_worker_even_a_busy_one(tmp_path: Path) -> None:
    with a_lambda_cloud(tmp_path) as cloud:
        cloud.a_function("busy", "import time\ndef handler(e, c):\n  if e: time.sleep(60)\n  return 1", Timeout=60)
        cloud.invoke("busy", 0)
        pids = cloud.functions.pids("busy")
        answers: list[Any] = []
        caller = threading.Thread(target=lambda: answers.append(cloud.answer("busy", 1)))
        caller.start()
        time.sleep(0.1)  # the event is on its way

    caller.join(5)
    assert b"Runtime.ExitError" in answers[0].payload
    assert pids
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
