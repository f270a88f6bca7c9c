from pathlib import Path

import pytest

from sluice.domain.redaction.rules import Sensitive, Step
from sluice.settings.sensitive import as_environment, inputs_by_model, sensitive_of
from sluice.settings.source import InvalidSettings, parse

SETTINGS = """
models:
  flights:
    variants:
      champion: {artifact: v1, weight: 100}
    capture:
      sensitive: [dob]
"""


def test_functions_read_what_the_stack_writes() -> None:
    sensitive = parse(SETTINGS, Path("sluice.yaml")).sensitive

    assert sensitive == {"flights": Sensitive(frozenset({"dob"}), frozenset(Step))}
    assert sensitive_of(as_environment(sensitive)) == sensitive
    assert inputs_by_model(as_environment(sensitive)) == {"flights": {"dob"}}


def test_a_model_that_is_not_watched_waits_for_no_counts() -> None:
    settings = parse(SETTINGS + "    monitoring: {enabled: false}\n", Path("sluice.yaml"))

    assert settings.sensitive["flights"].after == {Step.INDEXED}


def test_slices_by_a_sensitive_input_are_refused_with_their_line() -> None:
    with pytest.raises(InvalidSettings, match=r"sluice\.yaml:8: .*slices: dob is in capture\.sensitive"):
        parse(SETTINGS + "    monitoring: {slices: [dob]}\n", Path("sluice.yaml"))
