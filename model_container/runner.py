"""How does a model run while the event loop stays free? On one thread of its own, one run after the other.

Everything that wants a prediction awaits ``Runner.run``: whatever groups requests into one run later stands here.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from model_container.predictor import Predictor, Tensors


class Runner:
    """A predictor behind an await."""

    def __init__(self, predictor: Predictor, thread: ThreadPoolExecutor) -> None:
        self._predictor = predictor
        self._thread = thread

    async def run(self, tensors: Tensors, outputs: Sequence[str]) -> Tensors:
        """The named outputs for these inputs. Raises ModelFailed."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._predictor.run, tensors, outputs)
