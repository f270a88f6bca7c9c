import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.assignment import BUCKETS, bucket
from sluice.domain.attribution import Attribution, unit_hash

MOST_CHARACTERS = 1024
attributions = st.builds(
    Attribution,
    unit=st.text("0123456789abcdef", min_size=16, max_size=16),
    variant=st.sampled_from(["champion", "challenger", "challenger-2"]),
    version=st.from_regex(r"[A-Za-z0-9._+-]{1,64}", fullmatch=True),
    propensity=st.integers(0, 100).map(lambda percent: percent / 100),
    revision=st.integers(0, 10**18 - 1),
    attempt=st.integers(1, 9),
)


@given(attributions, st.lists(st.sampled_from(["trace=7", "sluice-model-version=2", "", "=", "a"])))
@settings(max_examples=100, deadline=None)
def test_what_was_sent_is_read_again_from_among_others_attributes(sent: Attribution, others: list[str]) -> None:
    text = sent.encode()

    assert Attribution.decode([*others, f" {text}", *others]) == sent
    assert Attribution.decode([",".join([*others, text, *others])]) == sent


@given(attributions)
@settings(max_examples=50, deadline=None)
def test_it_fits_into_custom_attributes(sent: Attribution) -> None:
    text = sent.encode()

    assert len(text) <= MOST_CHARACTERS
    assert text.isascii()
    assert " " not in text


def test_other_attributes_are_nobodys() -> None:
    assert Attribution.decode([]) is None
    assert Attribution.decode(["trace=7,sluice-model-version=2", "unit=1"]) is None


@pytest.mark.parametrize(
    ("changed", "to", "named"),
    [
        ("attempt=1", "attempt=0", "sluice-attempt"),
        ("attempt=1", "attempt=x", "sluice-attempt"),
        ("propensity=0.4", "propensity=1e-3", "sluice-propensity"),
        ("unit=0123456789abcdef", "unit=N14228", "sluice-unit"),
        ("revision=7", "revision=", "sluice-revision"),
        (",sluice-version=2", "", "sluice-version: 'nothing'"),
    ],
)
def test_what_is_broken_is_named(changed: str, to: str, named: str) -> None:
    text = Attribution("0123456789abcdef", "challenger", "2", 0.4, 7, 1).encode()

    with pytest.raises(ValueError, match=named):
        Attribution.decode([text.replace(changed, to)])


def test_a_units_hash_holds_its_bucket_and_hides_the_unit() -> None:
    hashed = unit_hash("N14228", "flights")

    assert hashed == "5bebeed5bd4fc67c"
    assert int(hashed, 16) % BUCKETS == bucket("N14228", "flights")
    assert unit_hash("N14228", "other") != hashed
