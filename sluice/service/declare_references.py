"""Put the references of the declared versions where the functions find them; an unusable one stops the deploy."""

from collections.abc import Collection, Mapping

from sluice.aws.objects import Objects
from sluice.aws.references import References
from sluice.service.keep_reference import NewReference, keep_reference


def declare_references(
    model: str,
    urls: Mapping[str, str],
    *,
    objects: Objects,
    references: References,
    sensitive: Collection[str] = (),
) -> None:
    """Write the reference of each version, by the S3 URL of its reference.json. Raises InvalidReference."""
    for version, url in urls.items():
        keep_reference(NewReference(model, version, objects.read(url)), references, sensitive=sensitive)
