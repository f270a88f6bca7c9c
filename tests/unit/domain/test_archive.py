import pytest

from sluice.domain.archive import is_archive


@pytest.mark.parametrize("url", ["s3://data/models/flights/2/model.tar.gz", "s3://cdk-assets/5f0c7127.gz"])
def test_a_gzipped_tar_in_s3_is_an_archive(url: str) -> None:
    assert is_archive(url)


@pytest.mark.parametrize(
    "url", ["", "s3://data", "s3://data/", "s3:///m.tar.gz", "s3://data/2/", "s3://data/m.zip", "https://d/m.tar.gz"]
)
def test_what_sagemaker_would_not_unpack_is_none(url: str) -> None:
    assert not is_archive(url)
