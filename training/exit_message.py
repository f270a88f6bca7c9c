"""How does a step tell people what became of it? SageMaker keeps the first bytes of a file of the job's."""

from pathlib import Path

_LONGEST = 1024  # bytes of /opt/ml/output/message that become the job's ExitMessage
_ELLIPSIS = "…"


def say(root: Path, message: str) -> None:
    """Leave a message."""
    _write(root, "message", message)


def fail(root: Path, reason: str) -> int:
    """Leave the reason of a failure, on one line; the exit code."""
    told = " ".join(reason.split())
    say(root, told)
    _write(root, "failure", told)
    return 1


def _write(root: Path, name: str, text: str) -> None:
    said = text.encode(errors="replace")
    if len(said) > _LONGEST:
        said = said[: _LONGEST - len(_ELLIPSIS.encode())].decode(errors="ignore").encode() + _ELLIPSIS.encode()
    (root / "output").mkdir(parents=True, exist_ok=True)
    (root / "output" / name).write_bytes(said)
