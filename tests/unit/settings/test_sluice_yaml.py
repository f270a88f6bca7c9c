from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.settings.mistake import Problem
from sluice.settings.source import InvalidSettings, load, parse

FILE = Path("sluice.yaml")
MODEL = """\
models:
  flights:
    variants:
      champion: {artifact: build/v1, weight: 100}
"""
TWO_VARIANTS = MODEL.replace("weight: 100}", "weight: 90}\n      challenger: {artifact: build/v2, weight: 10}")


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidSettings) as invalid:
        parse(text, FILE)
    return str(invalid.value).splitlines()


def test_the_shortest_file_names_a_model_and_its_champion() -> None:
    deployment = parse(MODEL, FILE)

    flights = deployment.models["flights"]
    assert deployment.name == "sluice"
    assert deployment.endpoint_name("flights") == "sluice-flights"
    assert flights.variants["champion"].artifact == Path("build/v1")
    assert (flights.endpoint.instance_type, flights.endpoint.fewest_instances) == ("ml.g6.xlarge", 1)
    assert deployment.access.mode == "iam"


def test_the_file_of_this_repository_is_valid() -> None:
    assert load(Path(__file__).parents[3] / "sluice.yaml").models.keys() == {"flights"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: sluice.yaml: is empty; it needs at least `models:`"),
        ("# later\n", "1: sluice.yaml: is empty; it needs at least `models:`"),
        ("hello\n", "1: sluice.yaml: must be a mapping: one indented `setting: value` a line, got hello"),
        ("- models\n", "1: sluice.yaml: must be a mapping: one indented `setting: value` a line"),
        (
            "models:\n\tflights: 1\n",
            r"2: sluice.yaml: while scanning for the next token: found character '\t' that cannot start any token",
        ),
        (
            "models: {flights\n",
            "2: sluice.yaml: while parsing a flow mapping: expected ',' or '}', but got '<stream end>'",
        ),
        (
            MODEL + "---\n" + MODEL,
            "5: sluice.yaml: expected a single document in the stream: but found another document",
        ),
        ("a: \0\n", "1: sluice.yaml: unacceptable character #x0000: special characters are not allowed"),
        ("? [a]\n: b\n", "1: sluice.yaml: while constructing a mapping: found unhashable key"),
        ("? {a: b}\n: c\n? {a: b}\n: c\n", "1: sluice.yaml: while constructing a mapping: found unhashable key"),
        (
            "a: !!python/object:os.system x\n",
            "1: sluice.yaml: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object:os.system'",
        ),
        ("a: " + "[" * 5000, "1: sluice.yaml: is nested too deeply, or refers to itself"),
        ("models: &all {flights: *all}\n", "1: sluice.yaml: is nested too deeply, or refers to itself"),
        (MODEL + "models: {}\n", "5: models: is written twice"),
        (MODEL.replace("weight: 100", "weight: 100, weight: 90"), "4: weight: is written twice"),
        ("x:\n- {a: 1, a: 2}\n" + MODEL, "2: a: is written twice"),
    ],
)
def test_a_file_that_is_not_one_mapping_says_on_which_line(text: str, problem: str) -> None:
    assert problems(text) == [f"sluice.yaml:{problem}"]


def test_a_value_yaml_itself_cannot_read_is_said_so() -> None:
    (problem,) = problems("a: " + "9" * 5000)

    assert problem.startswith("sluice.yaml:1: sluice.yaml: holds a value that cannot be read: Exceeds the limit")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: a\n", "1: models: is required"),
        ("models: {}\n", "1: models: must hold at least one"),
        (
            "models:\n  flights:\n",
            "2: models.flights: must be a mapping: one indented `setting: value` a line, got nothing",
        ),
        (
            "models:\n  flights:\n    variants: [champion]\n",
            "3: models.flights.variants: must be a mapping: one indented `setting: value` a line",
        ),
        (
            MODEL + "acces: {}\n",
            "5: acces: there is no such setting; there are name, models, access, inference, logs, alarms, keep_data",
        ),
        (
            MODEL.replace("weight:", "wieght: 3, weight:"),
            "4: models.flights.variants.champion.wieght: there is no such setting; there are artifact, weight",
        ),
        (
            MODEL.replace("100", '"100"'),
            '4: models.flights.variants.champion.weight: must be a whole number, got "100"',
        ),
        (MODEL.replace("100", "99.5"), "4: models.flights.variants.champion.weight: must be a whole number, got 99.5"),
        (MODEL.replace("100", "yes"), "4: models.flights.variants.champion.weight: must be a whole number, got yes"),
        (MODEL.replace("build/v1", "5"), "4: models.flights.variants.champion.artifact: must be a path, got 5"),
        (MODEL + "keep_data: 1\n", "5: keep_data: must be true or false, got 1"),
        (
            MODEL + "inference: {model_timeout_seconds: 13}\n",
            "5: inference.model_timeout_seconds: must be less than or equal to 12, got 13",
        ),
        (
            MODEL + "inference: {model_timeout_seconds: .nan}\n",
            "5: inference.model_timeout_seconds: must be less than or equal to 12, got .nan",
        ),
        (MODEL + "access: {mode: public}\n", "5: access.mode: must be 'iam', 'jwt' or 'none', got public"),
        (
            MODEL + "logs: {retention_days: 31}\n",
            (
                "5: logs.retention_days: must be 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, "
                "1827 or 3653, got 31"
            ),
        ),
        (
            MODEL + "    endpoint: {vpc: {subnets: [], security_groups: [sg-1]}}\n",
            "5: models.flights.endpoint.vpc.subnets: must hold at least one",
        ),
        (
            MODEL + "    endpoint:\n      vpc:\n        subnets:\n        - subnet-1\n        - 7\n"
            "        security_groups: [sg-1]\n",
            "9: models.flights.endpoint.vpc.subnets.1: must be text, got 7",
        ),
        ("5: five\n" + MODEL, "1: 5: a name is text: put quotes around it"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_its_line_and_what_is(text: str, problem: str) -> None:
    assert problems(text) == [f"sluice.yaml:{problem}"]


def test_all_problems_are_listed_at_once() -> None:
    text = MODEL.replace("100", "90") + "access: {mode: public}\nfoo: 1\n"

    assert [problem.split(": ")[0] for problem in problems(text)] == ["sluice.yaml:3", "sluice.yaml:5", "sluice.yaml:6"]


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    missing, binary = tmp_path / "sluice.yaml", tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\xff")

    with pytest.raises(InvalidSettings, match=r"sluice.yaml:1: sluice.yaml: cannot be read: No such file or directory"):
        load(missing)
    with pytest.raises(InvalidSettings, match=r"binary.yaml:1: sluice.yaml: cannot be read: it is not UTF-8 text"):
        load(binary)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
lines = st.sampled_from(
    [*MODEL.splitlines(), *TWO_VARIANTS.splitlines(), "access:", "  mode: jwt", "- a", "logs: &x *x"]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(lines | texts, max_size=8))
def test_any_text_is_settings_or_problems_on_lines_of_the_file(parts: list[str]) -> None:
    text = "\n".join(parts)

    found = problems_or_none(text)

    assert all(1 <= problem.line <= len(text.splitlines()) + 1 for problem in found)


def problems_or_none(text: str) -> tuple[Problem, ...]:
    try:
        parse(text, FILE)
    except InvalidSettings as invalid:
        return invalid.problems
    return ()
