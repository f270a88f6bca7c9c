from sluice.domain.package_metadata import as_metadata, made_of


def test_how_a_version_was_made_is_told_by_names_for_people_and_nothing_of_one_made_elsewhere() -> None:
    told = {"sluice-version": "7", "sluice-why": "drift of temp", "sluice-auc": "0.71", "sluice-brier": "-"}

    assert made_of(told) == {"trained": "drift of temp", "auc": "0.71"}
    assert made_of({"sluice-version": "7"}) == {}


def test_an_entry_has_at_least_one_character() -> None:
    assert (as_metadata(""), as_metadata("a,b")) == ("-", "a-b")
