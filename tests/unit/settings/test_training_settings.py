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
