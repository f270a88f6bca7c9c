"""The base of every settings class: unknown keys are errors, values are not coerced, nothing changes afterwards."""

from pydantic import BaseModel, ConfigDict

#: In an error's context: where the mistake is, below the place that pydantic names.
BELOW = "below"


class Strict(BaseModel):
    """Refuses unknown keys and near misses such as ``"3"`` for 3."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)
