"""What does one instance of a job look like: its ``/opt/ml``, its process, and what it left behind?"""

import contextlib
import json
import shutil
import sys
from pathlib import Path

from local_cloud.processes import Child
from local_cloud.sagemaker.jobs.storage import Seen, Storage, files_in
from local_cloud.sagemaker.jobs.work import OPT_ML, JobFailed, Work
from local_cloud.sagemaker.model_process import CHECKOUT, container_environment

_ROOT, _LEAD = "SLUICE_OPT_ML", "SLUICE_LEAD"
_PYTHONS = ("python", "python3")


class Host:
    """One instance; ``root`` stands for ``/opt/ml`` and replaces it in arguments and variables."""

    def __init__(self, work: Work, number: int, root: Path, log: Path) -> None:
        self._work = work
        self._number = number
        self._root = root
        self._log = log
        self._seen: list[Seen] = [{} for _ in work.synced]
        self.child: Child | None = None

    @property
    def name(self) -> str:
        """As resourceconfig.json calls it."""
        return self._work.hosts[self._number]

    def prepare(self, storage: Storage) -> None:
        """A fresh ``/opt/ml`` with all that the program reads. Raises JobFailed."""
        shutil.rmtree(self._root, ignore_errors=True)
        self._configure()
        for each in self._work.inputs:
            parts = len(self._work.hosts) if each.is_sharded else 1
            storage.download(each.uri, self._root / each.path, part=self._number % parts, parts=parts)
        for path in (*(each.path for each in self._work.outputs), *(each.path for each in self._work.synced)):
            (self._root / path).mkdir(parents=True, exist_ok=True)
        for kept in self._work.synced:
            if kept.is_restored:
                storage.download(kept.uri, self._root / kept.path)
        # What was restored has not changed: another host may be writing its next state.
        self._seen = [files_in(self._root / kept.path) for kept in self._work.synced]

    def start(self, lead: str) -> None:
        """Start the program; ``lead`` is where the first host is reached by the others. Raises JobFailed."""
        first, *rest = self._work.command
        environment = {name: self._mapped(value) for name, value in self._work.environment.items()}
        try:
            self.child = Child(
                [sys.executable if first in _PYTHONS else self._mapped(first), *map(self._mapped, rest)],
                environment=container_environment({**environment, _ROOT: str(self._root), _LEAD: lead}),
                log=self._log,
                cwd=CHECKOUT,
            )
        except OSError as error:
            raise JobFailed(f"Cannot start the container: {error}") from error

    def keep(self, storage: Storage) -> None:
        """Upload what has changed in the folders that S3 has a copy of. Raises JobFailed."""
        for folder, seen in zip(self._work.synced, self._seen, strict=True):
            storage.upload(self._root / folder.path, folder.uri, seen)

    def deliver(self, storage: Storage) -> None:
        """Upload what the program has made. Raises JobFailed."""
        self.keep(storage)
        for output in self._work.outputs:
            folder = self._root / output.path
            if not output.is_archive:
                storage.upload(folder, output.uri)
            elif self._number == 0 and (output.may_be_empty or (folder.is_dir() and any(folder.iterdir()))):
                storage.upload_archive(folder, output.uri)

    def said(self, name: str) -> str:
        """What the program left in ``output/failure`` or ``output/message``; nothing when it left none."""
        with contextlib.suppress(OSError):
            return (self._root / "output" / name).read_bytes().decode(errors="replace")
        return ""

    def _configure(self) -> None:
        for path, content in self._work.files.items():
            self._write(path, content)
        resources = {"current_host": self.name, "hosts": list(self._work.hosts), "network_interface_name": "lo"}
        self._write(str(Path(next(iter(self._work.files))).with_name("resourceconfig.json")), resources)

    def _write(self, path: str, content: object) -> None:
        file = self._root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, default=str), encoding="utf-8")

    def _mapped(self, text: str) -> str:
        """The text with this folder in place of ``/opt/ml``."""
        return str(self._root) if text == OPT_ML else text.replace(f"{OPT_ML}/", f"{self._root}/")
