"""The command of the page about the gate, and what the page says of margins."""

import re
from pathlib import Path

import pytest

from sluice.domain.gate.finding import Subject
from sluice.domain.gate.margins import Margins
from sluice.domain.signature import Signature
from sluice.settings.checks import load_checks
from tests.docs.test_drift_commands import run

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/gate.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- run by tests/docs/test_gate_commands\.py -->\n```sh\n(.*?)```", re.DOTALL)


@pytest.mark.slow
def test_the_command_of_the_page_lets_the_better_version_pass(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    for name in ("build/flights", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    (block,) = BLOCK.findall(TEXT)

    said = run(block, tmp_path)

    assert "on 28,128 labelled rows of may.parquet: PASSED" in said
    assert "# flights version 2" in (tmp_path / "build/card/card.md").read_text(encoding="utf-8")


def test_the_page_names_every_margin_with_its_default() -> None:
    for name, value in Margins().to_dict().items():
        assert re.search(rf"`{name}` \(?{value:g}\b", TEXT), f"{name} {value:g}"


def test_the_page_names_what_findings_are_of() -> None:
    named = {*re.findall(r"`(\w+)`", TEXT), "answers", "slice", "robustness", "latency", "size", "check"}

    assert {subject.value for subject in Subject} <= named


def test_the_checks_of_the_page_can_be_read(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    file = tmp_path / "checks.yaml"
    file.write_text(block, encoding="utf-8")
    names = {"carrier": "BYTES", "origin": "BYTES", "departure_minute": "FP32", "temp": "FP32"}
    inputs = [
        {"name": name, "datatype": kind, "shape": [-1, 1], "optional": name == "temp"} for name, kind in names.items()
    ]
    outputs = [{"name": "p", "datatype": "FP32", "shape": [-1, 2]}]
    signature = {"model": "m", "version": "1", "inputs": inputs, "outputs": outputs, "classes": ["on_time", "late"]}

    assert len(load_checks(file, Signature.from_dict(signature))) == 3


def test_links_of_the_page_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)

    assert [link for link in links if not (PAGE.parent / link).exists()] == []
