from datetime import timedelta

import pytest
from pydantic import ValidationError

from sluice.domain.feedback.rules import Rules
from sluice.settings.feedback import Feedback, as_environment, from_environment
from sluice.settings.functions import IndexPredictionsEnvironment


def test_the_functions_read_what_the_stack_writes() -> None:
    settings = Feedback.model_validate({"minimum": -1, "maximum": 5, "keep_days": 7, "unit_window_hours": 0})

    book = from_environment(as_environment({"flights": settings}))

    assert book.models == {"flights": Rules(-1.0, 5.0, timedelta(days=7), timedelta(0), label="label")}


def test_a_model_may_name_its_label_or_have_none() -> None:
    named, none = (as_environment({"flights": Feedback(label=label)}) for label in ("is_late", None))

    assert [from_environment(text).of("flights").label for text in (named, none)] == ["is_late", None]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"minimum": 1, "maximum": 1}, "maximum: must be more than minimum"),
        ({"maximum": float("inf")}, "less than or equal to 1000000"),
        ({"minimum": float("nan")}, "minimum"),
        ({"keep_days": 0}, "greater than or equal to 1"),
        ({"unit_window_hours": -1}, "greater than or equal to 0"),
        ({"goals": []}, "Extra inputs"),
        ({"label": "Late"}, "String should match pattern"),
        ({"label": "late\n"}, "String should match pattern"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Feedback.model_validate(settings)


def test_models_are_found_by_their_endpoints() -> None:
    environment = IndexPredictionsEnvironment(
        table="state", rules="{}", endpoints="flights=sluice-flights,churn=sluice-churn", dead_letters="url"
    )

    assert environment.models_by_endpoint() == {"sluice-flights": "flights", "sluice-churn": "churn"}
