from pathlib import Path

from sluice.api import problem_reference
from sluice.settings import reference

ROOT = Path(__file__).parents[2]


def test_the_settings_page_is_what_the_settings_say() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")

    assert page == reference.reference(), "run `make settings-docs`"


def test_every_setting_is_explained() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")

    unexplained = [line for line in page.splitlines() if line.startswith("| `") and line.endswith("|  |")]

    assert unexplained == []
    assert "models.<name>.endpoint.instance_type" in reference.setting_names()


def test_the_problems_page_is_what_the_api_answers() -> None:
    page = (ROOT / "docs/problems.md").read_text(encoding="utf-8")

    assert page == problem_reference.reference(), "run `make problems-docs`"
