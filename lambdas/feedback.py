"""API Gateway -> labels and rewards. A function of its own: its role may write what the one for predictions reads."""

import os

from mangum import Mangum

from sluice.api.feedback import FeedbackServices, create_app
from sluice.api.size import TEXT_TYPES
from sluice.aws.item_store import ItemStore
from sluice.clock import utc_now
from sluice.service.feedback_log import record_joined
from sluice.service.settle_feedback import Ledger
from sluice.settings.feedback import from_environment
from sluice.settings.functions import FeedbackEnvironment

_environment = FeedbackEnvironment.from_environment(os.environ)
_ledger = Ledger.of(ItemStore.connect(_environment.table), from_environment(_environment.rules), record_joined)

handler = Mangum(create_app(FeedbackServices(_ledger, utc_now)), lifespan="off", text_mime_types=list(TEXT_TYPES))
