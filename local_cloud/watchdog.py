"""Run as a program: kills the process groups named on standard input once standard input ends."""

import contextlib
import os
import signal
import sys


def main() -> None:
    """Keep the set of living groups up to date; at the end of input kill what is left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
