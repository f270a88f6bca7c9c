"""What is in a registered version? Its archive is read, for whoever shows or compares it."""

from sluice.aws.archives import Archives
from sluice.aws.registry import Package
from sluice.domain.archive import is_archive
from sluice.domain.contents import DESCRIBING, Contents, read_contents
from sluice.domain.errors import ArchiveUnreadable


def open_package(package: Package, archives: Archives) -> Contents:
    """The contents of its archive. Raises ArchiveUnreadable."""
    if package.artifact is None or not is_archive(package.artifact):
        raise ArchiveUnreadable(f"package {package.number} names no archive that can be read, but {package.artifact}")
    files, texts = archives.look(package.artifact, DESCRIBING)
    return read_contents(files, texts)
