import io
import json
import tarfile
from dataclasses import replace
from typing import Any

import pytest

from sluice.aws.archives import Archives
from sluice.domain.errors import ArchiveUnreadable
from sluice.service.open_package import open_package
from tests.builders import a_signature
from tests.unit.service.test_registered_candidate import PACKAGE


class Bucket:
    """An S3 that hands out one archive."""

    def get_object(self, **_: str) -> dict[str, Any]:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name, content in (("model.onnx", b"graph"), ("signature.json", json.dumps(a_signature().to_dict()))):
                text = content if isinstance(content, bytes) else content.encode()
                entry = tarfile.TarInfo(name)
                entry.size = len(text)
                tar.addfile(entry, io.BytesIO(text))
        packed.seek(0)
        return {"Body": packed}


def test_what_is_in_a_package_is_read_from_its_archive() -> None:
    contents = open_package(PACKAGE, Archives(Bucket()))

    assert contents.signature == a_signature()
    assert contents.files["model.onnx"].size == 5


@pytest.mark.parametrize("artifact", [None, "s3://data/prefix/"])
def test_a_package_without_an_archive_cannot_be_opened(artifact: str | None) -> None:
    with pytest.raises(ArchiveUnreadable, match=f"package 3 names no archive that can be read, but {artifact}"):
        open_package(replace(PACKAGE, artifact=artifact), Archives(Bucket()))
