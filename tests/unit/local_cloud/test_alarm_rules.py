"""The rule language of composite alarms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.alarms.rule import Both, Child, Constant, Either, Node, Not, parse_rule
from local_cloud.alarms.state import ARN, AlarmRefused, AlarmState

OK, ALARM, NONE = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA
NAMES = ("flights-champion", "a b", "x/y:z", "AND", "TRUE", "alarm_1")
LEAVES = st.one_of(
    st.builds(Constant, st.booleans()),
    st.builds(Child, st.sampled_from(AlarmState), st.sampled_from(NAMES)),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.builds(Not, inner), st.builds(Both, inner, inner), st.builds(Either, inner, inner)),
    max_leaves=12,
)


def written(node: Node) -> str:
    match node:
        case Constant(value):
            return str(value).upper()
        case Child(state, name):
            return f'{state}("{name}")'
        case Not(operand):
            return f"NOT ({written(operand)})"
        case Both(left, right):
            return f"({written(left)}) AND ({written(right)})"
        case Either(left, right):
            return f"({written(left)})\n  OR ({written(right)})"


@given(RULES)
def test_a_rule_is_read_as_it_was_written(node: Node) -> None:
    assert parse_rule(written(node)).root == node


@given(st.text(alphabet='ALRMOKNDT()" ', max_size=30))
def test_any_text_is_either_a_rule_or_refused(text: str) -> None:
    try:
        rule = parse_rule(text)
    except AlarmRefused:
        return

    assert parse_rule(written(rule.root)).root == rule.root


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("ALARM(red)", True),
        ("OK(red)", False),
        ("ALARM(red) AND NOT OK(green)", False),
        ("ALARM(green) OR ALARM(red) AND OK(green)", True),
        ("(ALARM(green) OR ALARM(red)) AND INSUFFICIENT_DATA(green)", False),
        ("NOT ALARM(green) AND TRUE", True),
        (f"alarm({ARN}red)", True),
        ("OK(gone) OR ALARM(gone) OR INSUFFICIENT_DATA(gone)", False),
        ("FALSE", False),
    ],
)
def test_and_binds_stronger_than_or_and_not_stronger_than_and(rule: str, expected: bool) -> None:  # noqa: FBT001
    assert parse_rule(rule).holds({"red": ALARM, "green": OK}) is expected


def test_the_children_of_a_rule_are_named_once_each() -> None:
    rule = parse_rule(f'ALARM("b") OR (OK("{ARN}a") AND NOT ALARM(b))')

    assert rule.children == ("b", "a")


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "ALARM(a) ALARM(b)",
        "ALARM(a) AND",
        "(ALARM(a)",
        "ALARM()",
        "BROKEN(a)",
        "NOT",
        "TRUE" + " OR TRUE" * 1500,
        " OR ".join(f"ALARM(a{number})" for number in range(101)),
        " OR ".join("TRUE" for _ in range(501)),
    ],
)
def test_illegal_rules_are_refused(rule: str) -> None:
    with pytest.raises(AlarmRefused, match="AlarmRule"):
        parse_rule(rule)
