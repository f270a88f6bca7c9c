"""docs/rollouts.md names everything there is, and its examples are plans."""

import re
from pathlib import Path

import pytest
import yaml

from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.presets import PRESETS
from sluice.domain.rollout.rollout import Hold, Position
from sluice.domain.rollout.strategy import STRATEGIES

PAGE = (Path(__file__).parents[4] / "docs/rollouts.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*PRESETS, *STRATEGIES, *Position, *Hold])
def test_everything_has_a_line_in_a_table(name: str) -> None:
    assert re.search(rf"^\|[^|]*`{name}`", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_setting_of_a_strategy_is_in_its_line(name: str) -> None:
    (line,) = re.findall(rf"^\| `{name}` \|[^|]*\|([^|]*)\|$", PAGE.split("| preset |")[0], re.MULTILINE)

    assert set(re.findall(r"`(\w+)`", line)) == set(STRATEGIES[name].readers)


@pytest.mark.parametrize("example", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_every_example_is_a_plan(example: str) -> None:
    assert read_plan(yaml.safe_load(example)).stages
