import pytest

from sluice.settings.ecr_image import EcrImage


@pytest.mark.parametrize("suffix", ["", ":1.0", "@sha256:0123abcd"])
def test_an_image_in_ecr_names_its_repository(suffix: str) -> None:
    image = EcrImage.parse(f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/ours{suffix}")

    assert image == EcrImage("123456789012", "eu-central-1", "team/ours")


@pytest.mark.parametrize(
    "uri", ["ours:1", "docker.io/library/python:3.13", "123.dkr.ecr.us-east-1.amazonaws.com/ours", ""]
)
def test_an_image_outside_of_ecr_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match=r"is not <account>\.dkr\.ecr"):
        EcrImage.parse(uri)
