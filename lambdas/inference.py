"""API Gateway -> predictions. Built once per sandbox; with SnapStart, once per published version."""

import os
import time
import uuid

from mangum import Mangum

from sluice.api.answering import Services
from sluice.api.inference import create_app
from sluice.api.size import TEXT_TYPES
from sluice.aws.runtime import Runtime
from sluice.aws.state import RoutingStore
from sluice.service.predict import Predictor
from sluice.service.routing_cache import RoutingCache
from sluice.settings.functions import InferenceEnvironment

_environment = InferenceEnvironment.from_environment(os.environ)
_timeout = _environment.model_timeout_seconds
_services = Services(
    routings=RoutingCache(
        RoutingStore.connect(_environment.table),
        models=_environment.models.split(","),
        fresh_seconds=_environment.routing_seconds,
        clock=time.monotonic,
    ),
    predictor=Predictor(
        Runtime.connect(model_timeout_seconds=_timeout, clock=time.monotonic),
        model_timeout_seconds=_timeout,
        clock=time.monotonic,
        sleep=time.sleep,
    ),
    new_id=lambda: str(uuid.uuid4()),  # from the system's randomness: safe after a SnapStart restore
    clock=time.monotonic,
)

handler = Mangum(create_app(_services), lifespan="off", text_mime_types=list(TEXT_TYPES))
