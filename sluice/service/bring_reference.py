"""Put the reference of a version that a pipeline made where its drift is judged by it: a job may not write there."""

import hashlib

from sluice.aws.archives import Archives
from sluice.aws.references import References
from sluice.aws.registry import Package
from sluice.domain.contents import REFERENCE
from sluice.domain.errors import InvalidReference, RolloutRefused


def bring_reference(model: str, package: Package, archives: Archives, references: References) -> None:
    """Write what is in a package's archive; nothing where it is there already, or where there is none.

    Before any answer of the version, and safe to repeat. Raises RolloutRefused for one that the gate has not seen or
    that is too large, and ArchiveUnreadable.
    """
    if package.reference_sha256 is None or package.artifact is None:
        return
    content = archives.read(package.artifact, {REFERENCE}).get(REFERENCE, b"")
    if hashlib.sha256(content).hexdigest() != package.reference_sha256:
        raise RolloutRefused(f"{REFERENCE} in {package.artifact} is not the one that the gate has seen: train it again")
    try:
        references.put(model, package.version, content)
    except InvalidReference as wrong:
        raise RolloutRefused(str(wrong)) from wrong
