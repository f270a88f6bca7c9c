"""How is a checkpoint written so that whoever reads it, SageMaker's copy to S3 too, finds all of it or none?"""

import os
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Replace a file at once: a process that is killed meanwhile leaves the file of before."""
    unfinished = file.with_name(f".{file.name}.unfinished")
    with unfinished.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    unfinished.replace(file)
