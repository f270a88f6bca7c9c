"""What is wrong with a file?"""

from sluice.domain.errors import SluiceError


class UnreadableFile(SluiceError):
    """A data file that cannot be read as asked for; says what is wrong and what to do."""
