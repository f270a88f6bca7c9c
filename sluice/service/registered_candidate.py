"""Can a registered package be released, and as which version?"""

from sluice.aws.registry import Approval, Package
from sluice.domain.archive import ARCHIVE, is_archive
from sluice.domain.errors import RolloutRefused
from sluice.domain.rollout.rollout import ModelVersion


def registered_candidate(package: Package) -> ModelVersion:
    """The version that a package holds.

    One that waits for approval can be: a person starts it, and that is a decision, too. Raises RolloutRefused for a
    rejected one and for one without an archive of its own.
    """
    if package.approval is Approval.REJECTED:
        because = f": {package.because}" if package.because else ""
        raise RolloutRefused(f"package {package.number} was rejected{because}")
    if package.artifact is None or not is_archive(package.artifact):
        names = package.artifact or "none"
        raise RolloutRefused(
            f"package {package.number} names no archive that can be released, but {names}: register it with {ARCHIVE}"
        )
    return ModelVersion(package.version, package.artifact)
