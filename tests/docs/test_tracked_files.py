"""What is in the repository is text for people: no leftovers of somebody's run, which name their machine."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout of git's")
def test_every_tracked_file_is_text() -> None:
    git = shutil.which("git") or "git"
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout

    binary = [name for name in filter(None, listed.split("\0")) if b"\0" in (ROOT / name).read_bytes()]

    assert "app.py" in listed
    assert binary == []
