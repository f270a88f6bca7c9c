"""A synth depends on the settings and the models, and on nothing else."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.infrastructure.projects import ROOT, Project, Templates, with_setting, write_model

LONGEST_STACK = 35


def test_two_synths_of_the_same_project_give_the_same_templates(project: Project) -> None:
    first, second = project.synth(), project.synth()

    assert first == second


def test_a_model_gives_the_same_template_wherever_and_whenever_it_was_made(project: Project, tmp_path: Path) -> None:
    shutil.copytree(project.folder / "v2", tmp_path / "v2")
    shutil.copytree(project.folder / "v1", tmp_path / "v1")
    for file in tmp_path.rglob("*.*"):
        os.utime(file, (0, 0))
        file.chmod(0o640)

    here, elsewhere = project.synth(), Project(tmp_path).synth()

    assert here == elsewhere


def test_a_model_that_was_trained_again_changes_the_endpoints_and_nothing_else(tmp_path: Path) -> None:
    write_model(tmp_path / "v1")
    write_model(tmp_path / "v2", version="2")
    before = Project(tmp_path).synth()
    (tmp_path / "v2" / "model.onnx").write_bytes(b"trained again")

    after = Project(tmp_path).synth()

    assert after.serving != before.serving
    assert (after.state, after.api, after.observability) == (before.state, before.api, before.observability)


def test_the_templates_fit_any_account_and_region(templates: Templates) -> None:
    written = json.dumps([templates.state, templates.serving, templates.api, templates.observability])

    assert "us-east-1" not in written
    assert "123456789012" not in written
    assert "BootstrapVersion" not in written


def test_the_image_is_built_from_what_its_dockerfile_copies(project: Project) -> None:
    assembly = Path(project.app().synth().directory)

    (context,) = {folder.parent for folder in assembly.glob("asset.*/model_container")}

    files = {str(found.relative_to(context)) for found in context.rglob("*") if found.is_file()}
    assert "model_container/Dockerfile" in files
    assert "sluice/__init__.py" in files
    assert {Path(file).parts[:2] for file in files if file.startswith("sluice/")} == {
        ("sluice", "__init__.py"),
        ("sluice", "domain"),
    }


@pytest.mark.parametrize("stack", sorted((ROOT / "stacks").glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_a_stack_is_a_list_of_sentences(stack: Path) -> None:
    functions = [node for node in ast.walk(ast.parse(stack.read_text())) if isinstance(node, ast.FunctionDef)]

    (init,) = [function for function in functions if function.name == "__init__"]
    assert init.end_lineno is not None
    assert init.end_lineno - init.lineno + 1 <= LONGEST_STACK


def test_the_app_fits_a_screen() -> None:
    assert len((ROOT / "app.py").read_text().splitlines()) <= 44


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            with_setting("models.flights.variants.champion.weight", 80),
            "sluice.yaml:4: models.flights",
        ),
        (with_setting("models.flights.variants.champion.artifact", "gone"), "run `make models`"),
    ],
    ids=["settings", "models"],
)
def test_what_cannot_be_deployed_is_said_in_lines_and_not_in_a_traceback(
    tmp_path: Path, settings: dict[str, object], said: str
) -> None:
    config = tmp_path / "sluice.yaml"
    config.write_text(yaml.safe_dump(settings, sort_keys=False))
    environment = {**os.environ, "CDK_CONTEXT_JSON": json.dumps({"config": str(config)})}

    run = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert run.returncode == 2
    assert said in run.stderr
    assert "Traceback" not in run.stderr
