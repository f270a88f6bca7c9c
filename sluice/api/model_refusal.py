"""What did the model say no to? Its container's words, fit to be passed on to a caller."""

from typing import Any

from pydantic_core import from_json

from sluice.domain.invocation import InvocationFailed

_LONGEST_DETAIL = 2000
_LONGEST_TEXT = 200
_MOST_VIOLATIONS = 10
_PARTS = ("where", "expected", "got")

Violations = list[dict[str, str]]


def what_the_model_said(refusal: InvocationFailed) -> tuple[str, Violations | None]:
    """One sentence, and the places that do not fit if the container lists them.

    Our container answers with a problem (RFC 9457), whose ``detail`` and ``violations`` these are; what any other
    container answers is passed on as it is. Both are cut to a length that is read.
    """
    problem = _problem(refusal.message)
    if problem is None:
        return f"{refusal.variant}: {refusal.message[:_LONGEST_DETAIL]}", None
    return f"{refusal.variant}: {problem['detail'][:_LONGEST_DETAIL]}", _violations(problem.get("violations"))


def _problem(text: str) -> dict[str, Any] | None:
    try:
        answer = from_json(text)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and isinstance(answer.get("detail"), str) else None


def _violations(given: Any) -> Violations | None:
    """Those of the form of ours, or None when it is not a list of such."""
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        return None
    return [{part: str(each.get(part, ""))[:_LONGEST_TEXT] for part in _PARTS} for each in given[:_MOST_VIOLATIONS]]
