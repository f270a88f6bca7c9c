"""The README's commands about drift on files: they need no cloud."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"<!-- run by tests/docs/test_drift_commands\.py -->\n```sh\n(.*?)```", re.DOTALL)
PAGE = ROOT / "docs/drift-on-files.md"


def run(block: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_commands_of_the_readme_find_what_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build/flights").symlink_to(ROOT / "build/flights")
    check, report = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))

    checked = run(check, tmp_path)
    reported = run(report, tmp_path)

    assert "build/june-july.csv: 57,668 flights" in checked
    assert "9 of 15 features drifted, most of all temp: median moved from 40.8 to 72.8." in checked
    assert "exit status 1" in checked
    assert "build/drift.html" in reported
    assert "How well the model did" in (tmp_path / "build/drift.html").read_text(encoding="utf-8")
    assert (tmp_path / "build/drift.png").read_bytes().startswith(b"\x89PNG")


def test_links_of_the_page_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE.read_text(encoding="utf-8"))

    assert [link for link in links if not (PAGE.parent / link).exists()] == []
