"""Which version is meant? A directory, an archive in S3, or a registered package: each becomes a version to release."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sluice.aws.artifacts import Artifacts
from sluice.aws.references import References
from sluice.aws.registry import Package
from sluice.cli.archived import image_of, kept_reference, secure_archive, secure_package, version_of_archive
from sluice.cli.inferred import Inferred, completed, is_bare
from sluice.cli.release import Release
from sluice.cli.target import UsageProblem
from sluice.domain.archive import ARCHIVE, is_archive
from sluice.domain.errors import ModelNotFound
from sluice.domain.signature import Signature, inputs_hash
from sluice.service.register_version import Version, register_version
from sluice.service.registered_candidate import registered_candidate
from sluice.settings.artifact import Artifact, InvalidModel

_RECENT = 50


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that could be released.

    Attributes:
        version: As answers name it.
        source: Where it comes from, in words.
        inputs_hash: Of its signature's inputs, if they are known.
        secure: Makes sure that its archive is in S3 and returns the URL; changes nothing when it is.

    """

    version: str
    source: str
    inputs_hash: str | None
    secure: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Registered:
    """A version that was registered.

    Attributes:
        package: In the registry.
        inferred: What it takes and gives, where that was inferred.

    """

    package: Package
    inferred: Inferred | None


def find_candidate(word: str, version: str | None, release: Release) -> Candidate:
    """The version that a word of the command line names. Raises UsageProblem, ModelNotFound, RolloutRefused."""
    if word.startswith("s3://"):
        if not version:
            raise UsageProblem(f"--version is needed: nothing says which version {word} is")
        if not is_archive(word):
            raise UsageProblem(f"{word} cannot be a model's archive: {ARCHIVE} is needed")
        return Candidate(version, word, None, lambda: secure_archive(word, version, release))
    if version is not None:
        raise UsageProblem("--version is for s3:// archives: a directory and a package say their version themselves")
    if Path(word).is_dir():
        return _of_directory(Path(word), release)
    return _of_package(find_package(word, release), release)


def register(word: str, version: str | None, release: Release) -> Registered:
    """Register a graph, a model directory, or an s3:// archive. Raises UsageProblem or VersionTaken.

    The first two are packed and uploaded; where no signature.json says what a graph takes, that is inferred.
    """
    is_stored = word.startswith("s3://")
    if not is_stored and is_bare(Path(word)):
        with completed(Path(word), release.model, version) as (directory, inferred):
            package = _register(_version_of(read_directory(directory, release), release), release)
        notes = (*inferred.notes, *_unlike_the_champion(inferred.signature, release))
        return Registered(package, replace(inferred, notes=notes))
    new = version_of_archive(word, release) if is_stored else _version_of(read_directory(Path(word), release), release)
    if version not in (None, new.version):
        raise UsageProblem(f"--version {version} contradicts its signature.json, which says {new.version}")
    return Registered(_register(new, release), None)


def _unlike_the_champion(signature: Signature, release: Release) -> Iterator[str]:
    """What a rollout would be refused for."""
    routing = release.routings.get(release.model)
    if routing is None or signature.accepts_all_of(routing.signature):
        return
    ours, theirs = ({spec.name: spec for spec in each.inputs} for each in (signature, routing.signature))
    names = [name for name in dict.fromkeys([*theirs, *ours]) if ours.get(name) != theirs.get(name)]
    yield (
        f"its inputs are not as the champion's ({', '.join(names)}), so that no rollout of it will start: if it takes "
        "the same, register it with the champion's inputs in a signature.json of your own"
    )


def find_package(word: str, release: Release) -> Package:
    """The registered package of that number, ARN or version. Raises UsageProblem or ModelNotFound."""
    if word.startswith("arn:"):
        return release.registry.get(release.endpoint, word)
    if word.isdigit():
        return _numbered(word, release)
    found = _called(word, release)
    if found is not None:
        return found
    if Path(word).is_file():
        raise UsageProblem(f"{word} is a file: `sluice register {word} --version VERSION` makes a version of it")
    raise UsageProblem(f"{word} is neither a model directory nor an s3:// archive nor a registered version")


def _numbered(word: str, release: Release) -> Package:
    """A number never means what a version is called: who approves must not approve another package by a slip."""
    try:
        return release.registry.get(release.endpoint, word)
    except ModelNotFound as missing:
        namesake = _called(word, release)
        hint = f"; version {word} is package {namesake.number}" if namesake else ""
        raise ModelNotFound(f"{missing}{hint}") from missing


def _called(version: str, release: Release) -> Package | None:
    newest = release.registry.newest(release.endpoint, _RECENT)
    return next((package for package in newest if package.version == version), None)


def read_directory(directory: Path, release: Release) -> Artifact:
    """The version of the model in a directory. Raises UsageProblem."""
    try:
        artifact = Artifact.read(directory)
    except InvalidModel as wrong:
        raise UsageProblem(str(wrong)) from wrong
    if artifact.signature.model != release.model:
        raise UsageProblem(f"{directory} holds a version of {artifact.signature.model}, not of {release.model}")
    return artifact


def _of_package(package: Package, release: Release) -> Candidate:
    found = registered_candidate(package)
    source = f"package {package.number}, {package.approval}"
    return Candidate(found.version, source, package.inputs_hash, lambda: secure_package(package, found, release))


def _of_directory(directory: Path, release: Release) -> Candidate:
    artifact = read_directory(directory, release)
    return Candidate(
        artifact.signature.version,
        str(directory),
        inputs_hash(artifact.signature),
        secure=lambda: registered_candidate(_register(_version_of(artifact, release), release)).artifact,
    )


def _version_of(artifact: Artifact, release: Release) -> Version:
    signature, file = artifact.signature, artifact.reference
    return Version(
        model=release.model,
        group=release.endpoint,
        version=signature.version,
        digest=artifact.digest,
        inputs_hash=inputs_hash(signature),
        image=image_of(release),
        archive=artifact.pack,
        reference=kept_reference(file.read_bytes(), signature, str(file), release) if file else None,
    )


def _register(new: Version, release: Release) -> Package:
    return register_version(
        new,
        artifacts=Artifacts.connect(release.bucket()),
        registry=release.registry,
        references=References.connect(release.target.table),
    )
