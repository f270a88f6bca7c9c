"""How are shares of the traffic written on a command line? ``champion=90 challenger=10``."""

from collections.abc import Sequence

from sluice.cli.target import UsageProblem

SHARES_HELP = "champion=90 challenger=10"


def parse_shares(words: Sequence[str]) -> dict[str, int]:
    """Whole percents by variant. Raises UsageProblem."""
    shares: dict[str, int] = {}
    for word in words:
        variant, separator, percent = word.partition("=")
        if not separator or not percent.isascii() or not percent.isdigit() or variant in shares:
            raise UsageProblem(f"weights are written once each, as {SHARES_HELP}; got {word}")
        shares[variant] = int(percent)
    return shares


def parse_variants(words: Sequence[str]) -> tuple[str, ...]:
    """Variants without shares. Raises UsageProblem."""
    for word in words:
        if "=" in word or words.count(word) > 1:
            raise UsageProblem(f"rankers that are interleaved have no shares: champion challenger; got {word}")
    return tuple(words)
