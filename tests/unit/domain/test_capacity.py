import pytest

from sluice.domain.capacity import is_lacking


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error.", True),
        ("ResourceLimitExceeded: The account-level service limit 'ml.g6.xlarge for endpoint usage' is 0", True),
        ("The primary container did not pass the ping health check.", False),
        ('Cannot update in-progress endpoint "arn".', False),
    ],
)
def test_sagemakers_words_for_a_lack_of_instances_are_known(text: str, *, lacking: bool) -> None:
    assert is_lacking(text) is lacking
