import pytest

from sluice.domain.invocation import Fault, InvocationFailed, classify

TRANSIENT, VARIANT, CALLER = Fault.TRANSIENT, Fault.VARIANT, Fault.CALLER


@pytest.mark.parametrize(
    ("code", "model_status", "fault"),
    [
        ("InternalFailure", None, TRANSIENT),
        ("ServiceUnavailable", None, TRANSIENT),
        ("ThrottlingException", None, TRANSIENT),
        ("ModelNotReadyException", None, TRANSIENT),
        ("InternalDependencyException", None, TRANSIENT),
        ("ConnectionFailed", None, TRANSIENT),
        ("ModelError", 500, VARIANT),
        ("ModelError", 503, VARIANT),
        ("ModelError", None, VARIANT),
        ("ModelError", 408, VARIANT),  # overloaded or slow: another variant may answer
        ("ModelError", 429, VARIANT),
        ("ModelError", 401, VARIANT),  # a container that is built wrongly: the API has checked the body
        ("ModelError", 404, VARIANT),
        ("ModelError", 405, VARIANT),
        ("ModelError", 406, VARIANT),
        ("ModelError", 415, VARIANT),
        ("ModelError", 499, VARIANT),
        ("ModelError", 400, CALLER),
        ("ModelError", 413, CALLER),
        ("ModelError", 422, CALLER),
        ("ReadTimeout", None, VARIANT),
        ("GuardrailBreach", None, VARIANT),
        ("ValidationError", None, VARIANT),  # no such endpoint or variant
        ("503", None, TRANSIENT),  # a proxy, not SageMaker
        ("504", None, VARIANT),
        ("AccessDeniedException", None, VARIANT),
        ("SomethingNewOfAws", None, VARIANT),
    ],
)
def test_a_failure_says_what_to_do_about_it(code: str, model_status: int | None, fault: Fault) -> None:
    assert classify(code, model_status) is fault


def test_a_failed_invocation_names_variant_code_and_reason() -> None:
    failed = InvocationFailed(variant="challenger", code="ModelError", message="temp is missing", model_status=422)

    assert str(failed) == "challenger: ModelError: temp is missing"
    assert failed.fault is Fault.CALLER
