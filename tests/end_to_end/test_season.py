"""The summer in the order of time, as README has it: a command that says what drifted since which day."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.deployments import ROOT

pytestmark = [pytest.mark.ci, pytest.mark.timeout(300)]
DAYS = 3


def test_june_is_told_by_day_with_quality_by_the_labels_of_what_landed(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build/flights").symlink_to(ROOT / "build/flights")
    command = [sys.executable, "-m", "examples.flights", "season", "--days", str(DAYS)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert re.search(r"quality: accuracy 0\.\d+ \(0\.\d+ at training\) measured by \d+ labels", done.stdout)
    assert re.search(r"temp +temp: .*2013-06-0[123]", done.stdout.replace("\n", " "))
    assert "2013-06-01 is " in done.stdout
    page = (tmp_path / "build/season.html").read_text(encoding="utf-8")
    assert "First found in" in page
