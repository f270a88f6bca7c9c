"""Which repository does an image URI name?"""

import re
from dataclasses import dataclass
from typing import Self

_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(-fips)?\.(?P<region>[\w-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<name>[a-z0-9][\w./-]*)([:@][\w.:-]+)?"
)


@dataclass(frozen=True, slots=True)
class EcrImage:
    """An image in Amazon's registry, the only place SageMaker takes images from.

    Attributes:
        account: The registry's account.
        region: The registry's region.
        name: The repository's name.

    """

    account: str
    region: str
    name: str

    @classmethod
    def parse(cls, uri: str) -> Self:
        """Read an image URI. Raises ValueError naming the form it should have."""
        parts = _URI.fullmatch(uri)
        if parts is None:
            raise ValueError(f"{uri or 'it'} is not <account>.dkr.ecr.<region>.amazonaws.com/<name>[:tag or @digest]")
        return cls(parts["account"], parts["region"], parts["name"])
