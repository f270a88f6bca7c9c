"""What does Evidently's default report cost on a frame? Run by bench/drift.py in Evidently's own environment.

Prints the CPU seconds of importing the library, of the report, and the peak memory of the process in MB.
"""

import resource
import sys
import time


def main(reference: str, current: str) -> None:
    """Compare two frames, pickled by pandas."""
    started = time.process_time()
    import pandas as pd  # noqa: PLC0415  is measured
    from evidently import Report  # noqa: PLC0415
    from evidently.presets import DataDriftPreset  # noqa: PLC0415

    imported = time.process_time()
    frames = [pd.read_pickle(path) for path in (current, reference)]  # noqa: S301  written a moment ago
    read = time.process_time()
    Report([DataDriftPreset()]).run(*frames)
    done = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(imported - started, done - read, peak)


if __name__ == "__main__":
    main(*sys.argv[1:])
