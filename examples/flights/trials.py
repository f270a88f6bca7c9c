"""What is a trial of a search, and when does a search end?"""

from collections.abc import Mapping
from dataclasses import dataclass

Parameters = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """One choice of a model's settings.

    Attributes:
        number: Counted from 0, which has the settings that the model has without a search.
        parameters: The settings.
        log_loss: Of the validation rows; None until it has been tried.
        auc: Likewise.

    """

    number: int
    parameters: Parameters
    log_loss: float | None = None
    auc: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to search.

    Attributes:
        trials: At most so many; 0 for no search.
        seconds: After so many no trial is begun but the first, those before an interruption counted; 0 for any number.

    """

    trials: int
    seconds: float
