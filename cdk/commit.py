"""Which commit is deployed? That of the checkout that a sluice.yaml is in."""

import shutil
import subprocess
from pathlib import Path

# The whole hash, whatever tags there are. https://git-scm.com/docs/git-describe
_DESCRIBE = ("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def commit_of(folder: Path) -> str | None:
    """Its hash, with ``-dirty`` behind where files differ from it; None outside of a checkout, or without git."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(folder), *_DESCRIBE]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own command line
    return run.stdout.strip() if run.returncode == 0 else None
