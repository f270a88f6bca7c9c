"""Which URL names an archive that SageMaker unpacks for a container? That of a gzipped tar in S3.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html asks for the suffix .tar.gz; of
an asset's name the CDK keeps .gz only, and that is deployed as well.

>>> is_archive("s3://models/flights/2/model.tar.gz"), is_archive("s3://cdk-assets/5f0c.gz")
(True, True)
>>> is_archive("s3://models/flights/2/"), is_archive("https://models/model.tar.gz")
(False, False)
"""

import re

ARCHIVE_URL = r"^s3://[^/]+/.+\.gz$"
ARCHIVE = "the S3 URL of a gzipped tar, s3://…/….tar.gz or s3://…/….gz"
"""What is expected, in words."""


def is_archive(url: str) -> bool:
    """Whether it looks like one; what lies there is for SageMaker to see."""
    return re.match(ARCHIVE_URL, url) is not None
