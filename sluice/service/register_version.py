"""Bring a version of a model into the registry: its archive into the data bucket, and a package to be approved."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sluice.aws.artifacts import Artifacts, artifact_key
from sluice.aws.references import References
from sluice.aws.registry import NewPackage, Package, Registry
from sluice.domain.errors import VersionTaken

_RECENT = 50


@dataclass(frozen=True, slots=True)
class Version:
    """A version that is to be registered.

    Attributes:
        model: Model name.
        group: The model's package group.
        version: As answers name it.
        digest: Hash of its files.
        inputs_hash: Of its signature's inputs.
        image: The container image it is meant for.
        archive: Writes its model.tar.gz to a file; or the S3 URL of one, which stays where it is.
        reference: Its reference.json, by which drift is judged; None where it has none.

    """

    model: str
    group: str
    version: str
    digest: str
    inputs_hash: str
    image: str
    archive: Callable[[Path], None] | str
    reference: bytes | None = None


def register_version(new: Version, *, artifacts: Artifacts, registry: Registry, references: References) -> Package:
    """Register a version; one that is registered with the same content already is returned as it is.

    Its reference comes first, so that no answer of the version is ever without. Raises InvalidReference for one that
    is too large, VersionTaken when a recent package of that version holds something else: answers name the version, so
    it must mean one thing.
    """
    key = artifact_key(new.model, new.version, new.digest)
    wanted = new.archive if isinstance(new.archive, str) else artifacts.url(key)
    for package in registry.newest(new.group, _RECENT):
        if package.version == new.version and package.artifact == wanted:
            _put_reference(new, references)
            return package
        if package.version == new.version:
            raise VersionTaken(
                f"version {new.version} of {new.model} is package {package.number}, with other content: "
                "write another version into signature.json"
            )
    _put_reference(new, references)
    artifact = new.archive if isinstance(new.archive, str) else artifacts.store(key, new.archive)
    return registry.add(
        NewPackage(
            new.group,
            new.version,
            artifact,
            new.image,
            new.inputs_hash,
            digest=new.digest,
            has_reference=new.reference is not None,
        )
    )


def _put_reference(new: Version, references: References) -> None:
    if new.reference is not None:
        references.put(new.model, new.version, new.reference)
