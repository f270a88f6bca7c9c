"""What can be said about training, and what is refused with its line."""

from pathlib import Path

import pytest

from sluice.settings.source import InvalidSettings, parse

FILE = Path("sluice.yaml")
MODEL = """\
models:
  flights:
    variants:
      champion: {artifact: build/v1, weight: 100}
"""
TRAINING = """\
    training:
      program: programs.flights:train
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/training:1
      label: late
"""


def test_a_model_is_trained_where_it_says_so() -> None:
    assert parse(MODEL, FILE).trained == {}
    assert parse(MODEL + TRAINING, FILE).trained["flights"].approval == "manual"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hyperparameters: {version: '3'}", "version is given by the pipeline"),
        ("hyperparameters: {depth: 3}", "must be text, got 3"),
        ("instance_type: ml.m5.huge", "SageMaker trains on types such as ml.m5.12xlarge"),
        ("instance_type: m5", "SageMaker trains on types such as ml.m5.xlarge, ml.g5.xlarge"),
        ("approval: nobody", "'manual' or 'gate'"),
        ("max_minutes: 0", "greater than or equal to 1"),
        ("since: 30d", "since"),
        ("features: compute", "features"),
        ("data: {since_days: 0}", "greater than 0"),
        ("data: {since_days: 30d}", "got 30d"),
        ("data: {since_days: 1, until_days: 1.5}", "must be less than since_days (1), got 1.5"),
        ("data: {split: 80/20}", "three percents of train, validation and test that sum to 100, such as 80/10/10"),
        ("data: {split: 80/10/20}", "that sum to 100"),
        ("data: {split: 90/10/0}", "that sum to 100"),
        ("data: {history: /tmp/2013.parquet}", "a .parquet file below training/<model>/ of the data bucket"),
        ("data: {history: ../other/2013.parquet}", "a .parquet file below training/<model>/ of the data bucket"),
        ("data: {history: 2013.csv}", "a .parquet file below training/<model>/ of the data bucket"),
        ("data: {history_time: departure}", "history_time: has no effect without history"),
        ("data: {max_per_unit: -1}", "greater than or equal to 0"),
    ],
)
def test_a_mistake_is_named(line: str, said: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        parse(f"{MODEL}{TRAINING}      {line}\n", FILE)

    assert said in str(refused.value)
    assert str(refused.value).startswith("sluice.yaml:9: models.flights.training.")


@pytest.mark.parametrize("program", ["train", "programs.flights", "programs/flights.py:train", ":train"])
def test_a_program_is_a_function_of_a_module(program: str) -> None:
    with pytest.raises(InvalidSettings, match=r"sluice\.yaml:6: models\.flights\.training\.program"):
        parse(MODEL + TRAINING.replace("programs.flights:train", f"'{program}'"), FILE)


def test_a_card_does_not_tell_values_of_sensitive_inputs() -> None:
    sensitive = "    capture: {sensitive: [carrier]}\n"

    with pytest.raises(InvalidSettings, match=r"carrier is in capture\.sensitive"):
        parse(f"{MODEL}{sensitive}{TRAINING}      slices: [carrier]\n", FILE)


def test_days_may_be_parts_of_one() -> None:
    line = "      data: {since_days: 0.05, until_days: 0.01, history: 2013.parquet, history_time: departure}\n"

    data = parse(f"{MODEL}{TRAINING}{line}", FILE).trained["flights"].data

    assert (data.since_days, data.until_days, data.history) == (0.05, 0.01, "2013.parquet")


def test_what_is_assembled_has_the_name_of_feedback() -> None:
    labelled = TRAINING.replace("label: late", "label: Is late")

    assert parse(MODEL + labelled, FILE).trained["flights"].label == "Is late"  # whoever brings data of their own
    with pytest.raises(InvalidSettings, match=r"label: data is assembled by the name of feedback.*got 'Is late'"):
        parse(f"{MODEL}{labelled}      data: {{since_days: 30}}\n", FILE)


def test_where_nothing_is_captured_only_history_can_be_learnt_from() -> None:
    unseen = "    capture: {percent: 0}\n"

    with pytest.raises(InvalidSettings, match=r"training\.data: has no effect with capture\.percent 0"):
        parse(f"{MODEL}{unseen}{TRAINING}      data: {{since_days: 30}}\n", FILE)
    assert parse(f"{MODEL}{unseen}{TRAINING}      data: {{history: 2013.parquet}}\n", FILE).trained
