import shutil
import subprocess
from pathlib import Path

import pytest

from cdk.commit import commit_of

GIT = shutil.which("git") or "git"


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=ann", "-c", "user.email=ann@example.com")
    done = subprocess.run([GIT, "-C", str(folder), *who, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_commit_is_that_of_the_checkout_and_says_when_files_differ(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "sluice.yaml").write_text("one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    git(tmp_path, "tag", "-am", "named", "v1")
    commit = git(tmp_path, "rev-parse", "HEAD")

    clean = commit_of(tmp_path)
    (tmp_path / "sluice.yaml").write_text("other")

    assert (clean, commit_of(tmp_path)) == (commit, f"{commit}-dirty")


def test_outside_of_a_checkout_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commit_of(tmp_path) is None

    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(tmp_path) is None
