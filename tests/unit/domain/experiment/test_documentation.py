import json
import re
from pathlib import Path

from sluice.domain.experiment.experiment import Experiment

PAGE = (Path(__file__).parents[4] / "docs" / "experiments.md").read_text(encoding="utf-8")


def test_the_page_shows_an_experiment_that_is_accepted() -> None:
    shown = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])

    experiment = Experiment.from_dict(shown)

    assert {name: experiment.to_dict()[name] for name in shown.keys() - {"goal"}} == {
        name: value for name, value in shown.items() if name != "goal"
    }
    assert shown["goal"].items() <= experiment.goal.to_dict().items()
