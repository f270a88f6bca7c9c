"""What can be learned now? When a source does not answer: what was known before; no decision waits for it."""

import logging
from collections.abc import Callable
from typing import TypeVar

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")


def learn(source: str, ask: Callable[[], _T], known: _T) -> _T:
    """What ``ask`` returns; ``known`` when it raises, whatever it raises: an abort must not depend on a source."""
    try:
        return ask()
    except Exception as failed:  # noqa: BLE001  the edge of one source
        _LOG.warning("release.nothing_learned source=%s error=%r", source, failed, exc_info=True)
        return known
