"""How do the functions get to know which inputs are sensitive?"""

import json
from collections.abc import Mapping

from sluice.domain.redaction.rules import Sensitive, Step


def as_environment(models: Mapping[str, Sensitive]) -> str:
    """The sensitive inputs of all models that have some as one environment variable."""
    forms = {name: {"inputs": sorted(each.inputs), "after": sorted(each.after)} for name, each in models.items()}
    return json.dumps(forms, sort_keys=True)


def sensitive_of(text: str) -> dict[str, Sensitive]:
    """Those of each model in such a variable. Raises ValueError or KeyError."""
    return {
        name: Sensitive(frozenset(form["inputs"]), frozenset(map(Step, form["after"])))
        for name, form in json.loads(text).items()
    }


def inputs_by_model(text: str) -> dict[str, frozenset[str]]:
    """The names alone."""
    return {name: sensitive.inputs for name, sensitive in sensitive_of(text).items()}
