"""Which model does a directory hold, and what does SageMaker get of it?"""

import gzip
import hashlib
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sluice.domain.errors import InvalidSignature
from sluice.domain.signature import Signature

_GRAPH = "model.onnx"
_SIGNATURE = "signature.json"
_REFERENCE = "reference.json"
_CHUNK = 1 << 20
_FAST = 1  # weights hardly get smaller; a gigabyte of them is packed at every synth


class InvalidModel(Exception):
    """A model that cannot be deployed as declared; ``str()`` gives one line per problem."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model directory.

    Attributes:
        directory: Where model.onnx and signature.json are.
        signature: What the model takes and gives.
        digest: Hash of the names and contents of its files, the same on every machine.

    """

    directory: Path
    signature: Signature
    digest: str

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Look into a directory. Raises InvalidModel, saying how to get what is missing."""
        for name in (_GRAPH, _SIGNATURE):
            if not (directory / name).is_file():
                raise InvalidModel(f"{directory / name} is missing: run {_remedy(directory)}")
        try:
            form = json.loads((directory / _SIGNATURE).read_text(encoding="utf-8"))
            signature = Signature.from_dict(form)
        except (OSError, ValueError, TypeError, AttributeError, InvalidSignature) as wrong:
            raise InvalidModel(f"{directory / _SIGNATURE} cannot be used ({wrong}): run `make models`") from wrong
        return cls(directory, signature, _digest(directory))

    @property
    def reference(self) -> Path | None:
        """What its drift is judged by, where it has that."""
        file = self.directory / _REFERENCE
        return file if file.is_file() else None

    def sliced_by(self) -> tuple[str, ...] | None:
        """The columns that its reference has slices of; None without one that can be read: the deploy says so."""
        if self.reference is None:
            return None
        try:
            slices = json.loads(self.reference.read_bytes()).get("slices", [])
            return tuple(dict.fromkeys(each["column"] for each in slices))
        except (ValueError, TypeError, LookupError, AttributeError):
            return None

    def pack(self, archive: Path) -> None:
        """Write the ``model.tar.gz`` SageMaker unpacks into /opt/ml/model, without this machine's times and owners.

        Small files first: whoever looks for a signature or a reference in it need not read the weights.
        """
        with (
            archive.open("wb") as file,
            gzip.GzipFile("", "wb", compresslevel=_FAST, fileobj=file, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for path in sorted(_files(self.directory), key=lambda path: path.stat().st_size):
                entry = tarfile.TarInfo(path.relative_to(self.directory).as_posix())
                entry.size = path.stat().st_size
                with path.open("rb") as content:
                    tar.addfile(entry, content)


def _remedy(directory: Path) -> str:
    """The example's models are trained; of another's graph the signature is inferred."""
    graph = directory / _GRAPH
    return (
        f"`sluice models infer {graph} --version VERSION > {directory / _SIGNATURE}`"
        if graph.is_file()
        else "`make models`"
    )


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.rglob("*")) if path.is_file())


def _digest(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(directory):
        digest.update(f"{path.relative_to(directory).as_posix()}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as content:
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
