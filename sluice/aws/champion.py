"""Where is the archive of the version that an endpoint serves as champion?"""

from sluice.aws.endpoint import Endpoints
from sluice.domain.errors import ModelNotFound
from sluice.domain.variant import CHAMPION


def champion_archive(endpoints: Endpoints, endpoint: str) -> str:
    """S3 URL of its model.tar.gz. Raises ModelNotFound, EndpointNotFound, EndpointConfigLost."""
    for variant in endpoints.describe(endpoint).variants:
        if variant.name == CHAMPION:
            archive = endpoints.container(variant.model_name).get("ModelDataUrl")
            if archive:
                return str(archive)
    raise ModelNotFound(f"{endpoint} serves no model.tar.gz as {CHAMPION}")
