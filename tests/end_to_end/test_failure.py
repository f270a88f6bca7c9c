import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sluice.cli.http_client import HttpAnswer
from tests.end_to_end.deployments import Deployment, processes, until
from tests.end_to_end.test_prediction import calls
from tests.end_to_end.traffic import ask_for, variants

RETURN_SECONDS = 60


def process_of(deployment: Deployment, variant: str) -> int:
    """The process id of a variant's model container; waits for one that is being replaced."""
    words = ("model_container serve", f"{deployment.folder.resolve()}/", variant)
    found: list[int] = until(lambda: processes(*words), seconds=RETURN_SECONDS, what=f"a process of the {variant}")
    return found[0]


def challenged_unit(deployment: Deployment) -> str:
    """A unit that the challenger answers."""
    units = [f"unit-{number}" for number in range(100)]
    answered = variants(ask_for(deployment, units))
    return units[answered.index("challenger")]


def fallbacks(deployment: Deployment) -> int:
    (model,) = deployment.json("status")
    return sum(variant["fallbacks"] for variant in model["variants"])


def answered_by(answer: HttpAnswer) -> tuple[int, str | None, str | None]:
    """Status, who answered, and in whose place."""
    headers = answer.headers
    return answer.status, headers.get("x-sluice-variant"), headers.get("x-sluice-fallback-from")


BY_CHALLENGER = (200, "challenger", None)
BY_CHAMPION_INSTEAD = (200, "champion", "challenger")


def check_it_comes_back(deployment: Deployment, unit: str, before: int) -> None:
    until(
        lambda: answered_by(ask_for(deployment, [unit])[0]) == BY_CHALLENGER,
        seconds=RETURN_SECONDS,
        what="the return of the challenger",
    )
    assert process_of(deployment, "challenger") != before


def test_predictions_go_on_while_the_challengers_process_is_killed_and_it_comes_back(deployment: Deployment) -> None:
    unit, before = challenged_unit(deployment), process_of(deployment, "challenger")
    counted = fallbacks(deployment)

    os.kill(before, signal.SIGKILL)
    meanwhile = [answered_by(answer) for answer in ask_for(deployment, [unit] * 10)]

    assert meanwhile[0] == BY_CHAMPION_INSTEAD
    assert all(answer in (BY_CHAMPION_INSTEAD, BY_CHALLENGER) for answer in meanwhile), meanwhile
    until(lambda: fallbacks(deployment) > counted, seconds=30, what="the count of the fallback")
    check_it_comes_back(deployment, unit, before)


def test_the_very_request_in_whose_midst_the_challengers_process_dies_is_answered_by_the_champion(
    deployment: Deployment,
) -> None:
    unit, before = challenged_unit(deployment), process_of(deployment, "challenger")
    asked = calls(deployment)["sagemaker:InvokeEndpoint"]

    os.kill(before, signal.SIGSTOP)  # it takes the request, and does not get to answer it
    with ThreadPoolExecutor(1) as pool:
        request = pool.submit(ask_for, deployment, [unit])
        until(lambda: calls(deployment)["sagemaker:InvokeEndpoint"] > asked, seconds=10, what="the call of the model")
        with pytest.raises(TimeoutError):
            request.result(timeout=0.5)
        os.kill(before, signal.SIGKILL)
        (answer,) = request.result(timeout=10)

    assert answered_by(answer) == BY_CHAMPION_INSTEAD
    assert len(answer.body["predictions"]) == 2
    assert answer.milliseconds < 8000  # the death was noticed, not waited out
    check_it_comes_back(deployment, unit, before)


def test_nothing_is_left_behind_in_the_users_folder(deployment: Deployment) -> None:
    made = {path.name for path in Path(deployment.folder).iterdir()}

    assert made == {"sluice.yaml", "build", "examples", "up.log", ".sluice"}
