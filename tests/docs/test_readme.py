import re
import shutil
from pathlib import Path

import pytest

from tests.end_to_end.deployments import lay_out, sluice_up

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"<!-- run by tests/docs/test_readme\.py -->\n```sh\n(.*?)```", re.DOTALL)


def blocks() -> list[str]:
    return BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="one of the commands is curl's")
def test_the_commands_of_the_readme_work_in_the_order_they_stand(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, (ROOT / "sluice.yaml").read_text(encoding="utf-8"))
    with sluice_up(folder) as fresh:
        status, predicted, by_curl, started, stopped, registered = (
            fresh.run("bash", "-euo", "pipefail", "-c", block).stdout for block in blocks()
        )

    assert "flights on sluice-flights: InService" in status
    assert "by champion, version 1" in predicted
    assert '"model_name":"flights"' in by_curl.replace(" ", "")
    assert "version 2 in place of 1" in started
    assert "changed my mind" in stopped
    assert "Rejected" in registered


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
