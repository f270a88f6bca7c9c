"""The controller of releases: every minute, and whenever something may have changed. Every event says "look again"."""

import os
from typing import Any

from sluice.clock import utc_now
from sluice.service.connect_controller import connect_controller
from sluice.service.look_at_models import look_at_models
from sluice.settings.functions import ReconcileEnvironment

_controller = connect_controller(ReconcileEnvironment.from_environment(os.environ))


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """By EventBridge or an operator; safe to run twice: writes are conditional, effects can be asked for again."""
    return {look.model: look.outcome for look in look_at_models(event, _controller, now=utc_now())}
