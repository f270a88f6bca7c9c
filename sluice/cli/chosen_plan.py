"""Which plan is meant? A preset's name, a file, or what sluice.yaml declares."""

from pathlib import Path

import yaml

from sluice.cli.release import Release
from sluice.cli.target import UsageProblem
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.presets import PRESETS


def chosen_plan(word: str | None, release: Release) -> Plan:
    """The plan that a word of the command line names. Raises UsageProblem or InvalidPlan."""
    if word is None:
        return _declared(release)
    if word in PRESETS:
        return read_plan(word, "--plan")
    file = Path(word)
    if not file.is_file():
        raise UsageProblem(f"--plan is a file or one of {', '.join(PRESETS)}, got {word}")
    return read_plan(_content(file), str(file))


def _declared(release: Release) -> Plan:
    declared = release.declarations.get(release.model)
    if declared is None or declared.plan is None:
        raise UsageProblem(f"sluice.yaml, as it is deployed, has no plan for {release.model}: name one with --plan")
    return declared.plan


def _content(file: Path) -> dict[str, object]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as wrong:
        why = " ".join(str(wrong).split())
        raise UsageProblem(f"{file} cannot be read as YAML: {why}") from wrong
    if not isinstance(content, dict):
        raise UsageProblem(f"{file} holds no plan: it begins with `plan:` or `stages:`")
    return content
