"""Does SageMaker lack instances? Its words for that, in refusals and in the reason of a failed update."""

# InsufficientInstanceCapacity and "Unable to provision requested ML compute capacity" stand in FailureReason; a quota
# is refused at once, as ResourceLimitExceeded: "The account-level service limit 'ml.g5.xlarge …".
_WORDS = ("capacity", "resourcelimitexceeded", "service limit")


def is_lacking(text: str) -> bool:
    """Whether a code or a message of SageMaker says so: then waiting may help, and nothing else is wrong."""
    said = text.lower()
    return any(words in said for words in _WORDS)
