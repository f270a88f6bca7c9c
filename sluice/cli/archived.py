"""Which version is in an archive that lies in S3, and what is its drift judged by? Its own files say so."""

import json
from collections.abc import Mapping
from importlib.util import find_spec

from botocore.exceptions import ClientError

from sluice.aws.archives import Archives
from sluice.aws.references import References
from sluice.aws.registry import Package
from sluice.cli.release import Release
from sluice.cli.target import UsageProblem
from sluice.domain.archive import ARCHIVE, is_archive
from sluice.domain.contents import REFERENCE, SIGNATURE
from sluice.domain.errors import ArchiveUnreadable, InvalidReference, InvalidSignature
from sluice.domain.reference_fit import check_fit
from sluice.domain.rollout.rollout import ModelVersion
from sluice.domain.signature import Signature, inputs_hash
from sluice.service.bring_reference import bring_reference
from sluice.service.register_version import Version


def image_of(release: Release) -> str:
    """The container image that versions are registered for. Raises UsageProblem."""
    declared = release.declarations.get(release.model)
    if declared is None:
        raise UsageProblem(f"{release.model} is not deployed with releases yet: deploy again")
    return declared.declaration.image


def version_of_archive(url: str, release: Release) -> Version:
    """The version in an archive that is registered as it lies there. Raises UsageProblem."""
    if not is_archive(url):
        raise UsageProblem(f"{url} cannot be a model's archive: {ARCHIVE} is needed")
    try:
        files = Archives.connect().read(url, {SIGNATURE, REFERENCE})
    except (ClientError, ArchiveUnreadable) as unreadable:
        raise UsageProblem(f"{url} cannot be read: {unreadable}") from unreadable
    signature = _signature(files.get(SIGNATURE), url)
    if signature.model != release.model:
        raise UsageProblem(f"{url} holds a version of {signature.model}, not of {release.model}")
    return Version(
        model=release.model,
        group=release.endpoint,
        version=signature.version,
        digest="",
        inputs_hash=inputs_hash(signature),
        image=image_of(release),
        archive=url,
        reference=_reference_of(files, signature, url, release),
    )


def secure_archive(url: str, version: str, release: Release) -> str:
    """Bring the reference in an archive to where drift is judged by it; the same URL.

    A release does not wait for it: whoever starts one may not be allowed to read what SageMaker may.
    """
    try:
        files = Archives.connect().read(url, {SIGNATURE, REFERENCE})
        signature = _signature(files[SIGNATURE], url) if SIGNATURE in files else None
        reference = _reference_of(files, signature, url, release)
        if reference is not None:
            References.connect(release.target.table).put(release.model, version, reference)
            return url
        reason = f"there is no {REFERENCE} in {url}"
    except ClientError as unreadable:
        reason = f"{url}: {unreadable}"
    except (ArchiveUnreadable, InvalidReference) as unreadable:
        reason = str(unreadable)
    release.out.plain(f"drift of version {version} will not be judged: {reason}")
    return url


def secure_package(package: Package, version: ModelVersion, release: Release) -> str:
    """The same for a registered version, whose reference is there already unless a pipeline made it.

    Raises RolloutRefused for a reference that the gate has not seen.
    """
    try:
        bring_reference(release.model, package, Archives.connect(), References.connect(release.target.table))
    except (ClientError, ArchiveUnreadable) as unreadable:
        release.out.plain(f"drift of version {version.version} will not be judged: {unreadable}")
    return version.artifact


def kept_reference(content: bytes, signature: Signature | None, place: str, release: Release) -> bytes:
    """A reference.json as it may be kept: without the values of sensitive inputs.

    Raises InvalidReference for one that is none or of another model than the signature, and UsageProblem.
    """
    try:
        if signature is not None:
            check_fit(content, signature)
        return _without_values(content, release)
    except InvalidReference as wrong:
        raise InvalidReference(f"{place}: {wrong}") from wrong


def _without_values(content: bytes, release: Release) -> bytes:
    if not release.sensitive:
        return content
    if find_spec("numpy") is None:
        raise UsageProblem(
            "sensitive inputs are taken out of a reference with numpy: pip install 'sluice[drift-files]'"
        )
    from sluice.service.keep_reference import without_values  # noqa: PLC0415  needs numpy

    return without_values(content, release.sensitive)


def _reference_of(files: Mapping[str, bytes], signature: Signature | None, url: str, release: Release) -> bytes | None:
    content = files.get(REFERENCE)
    return None if content is None else kept_reference(content, signature, f"{REFERENCE} in {url}", release)


def _signature(content: bytes | None, url: str) -> Signature:
    if content is None:
        raise UsageProblem(f"{url} holds no {SIGNATURE}: nothing says which version it is")
    try:
        return Signature.from_dict(json.loads(content))
    except (ValueError, TypeError, AttributeError, InvalidSignature) as wrong:
        raise UsageProblem(f"{SIGNATURE} in {url} cannot be used: {wrong}") from wrong
