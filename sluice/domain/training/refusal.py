"""How does a pipeline say that it registers nothing? A step that fails, and the gate's words as its reason.

The gate writes them, whoever follows an execution reads them.
"""

import re

REFUSE = "refuse"
"""The step that ends an execution whose version the gate did not let pass."""

_NOT_JUDGED = "cannot be judged"
_NO_VERDICT = re.compile(rf"\bversion \S+ {_NOT_JUDGED}: ")


def not_judged(version: str, why: str) -> str:
    """What the gate says where it came to no verdict.

    >>> not_judged("2", "model.onnx is missing")
    'version 2 cannot be judged: model.onnx is missing'
    """
    return f"version {version} {_NOT_JUDGED}: {why}"


def is_verdict(said: str) -> bool:
    """Whether the gate's reason is a verdict: what it could not judge is no worse version.

    >>> is_verdict("the gate stopped version 2 for auc"), is_verdict(not_judged("2", "model.onnx is missing"))
    (True, False)
    """
    return _NO_VERDICT.search(said) is None
