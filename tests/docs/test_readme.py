import re
import shutil
from pathlib import Path

import pytest

from tests.end_to_end.deployments import Deployment

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"<!-- run by tests/docs/test_readme\.py -->\n```sh\n(.*?)```", re.DOTALL)


def blocks() -> list[str]:
    return BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="one of the commands is curl's")
def test_the_commands_of_the_readme_work_in_the_order_they_stand(deployment: Deployment) -> None:
    answers = [deployment.run("bash", "-euo", "pipefail", "-c", block).stdout for block in blocks()]
    deployment.run("sluice", "weights", "champion=90", "challenger=10")

    assert "flights on sluice-flights: InService" in answers[0]
    assert re.search(r"by (champion|challenger), version [12]", answers[1])
    assert '"model_name":"flights"' in answers[2].replace(" ", "")
    assert "champion 100 %, challenger 0 % (in effect)" in answers[3]


@pytest.mark.parametrize(
    "target", ["demo", "test", "up", "setup", "compliance", "settings-docs", "problems-docs", "openapi"]
)
def test_the_make_targets_of_the_readme_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/00-overview.md"])
def test_links_to_files_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]

    dead = [link for link in links if not ((ROOT / page).parent / link).exists()]

    assert dead == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/00-overview.md"])
def test_files_named_in_backticks_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:sluice|lambdas|stacks|cdk|local_cloud|model_container|tests|docs)/[\w/.-]*\w/?)`", text)

    missing = [name for name in named if not (ROOT / name).exists()]

    assert missing == []
