"""How do the parts of the local SageMaker come together, start and end?"""

import random
from collections.abc import Sequence
from contextlib import ExitStack

from local_cloud.context import CloudContext
from local_cloud.sagemaker.announcement import announce
from local_cloud.sagemaker.capture import Capture
from local_cloud.sagemaker.control_plane import ControlPlane, container_of, forget, role_of
from local_cloud.sagemaker.dispatcher import Dispatcher, Recorders
from local_cloud.sagemaker.fault import Fault
from local_cloud.sagemaker.guardrail import roll_back_on_alarms
from local_cloud.sagemaker.hosting import Hosting
from local_cloud.sagemaker.jobs import Jobs, Models, install_jobs
from local_cloud.sagemaker.jobs.announcement import announce_job
from local_cloud.sagemaker.jobs.run import STOP_SECONDS
from local_cloud.sagemaker.metrics import Metrics
from local_cloud.sagemaker.model_packages import install_model_packages
from local_cloud.sagemaker.model_process import SERVE
from local_cloud.sagemaker.periodic import Periodic
from local_cloud.sagemaker.pipelines import Pipelines, install_pipelines
from local_cloud.sagemaker.pipelines.announcement import announce_pipeline
from local_cloud.sagemaker.runtime import RuntimeServer

MODEL_SECONDS = 60.0  # a model's time to answer (aws-facts A6, BC:sagemaker-runtime/InvokeEndpoint)
_TICK_SECONDS = 0.05  # of the wall
_SHORTEST_SECONDS = 0.2  # of the wall, for what is due every so many seconds of the cloud
_CAPTURE_SECONDS = 5.0
_GUARDRAIL_SECONDS = 1.0


class SageMaker:
    """Endpoints, jobs and pipelines: the control plane inside moto's server, the runtime API on a port of its own.

    The moto server of ``context.aws_url`` must run in this process.

    Attributes:
        runtime_url: For ``AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME``; known at once, answers after ``start``.

    """

    def __init__(
        self,
        context: CloudContext,
        *,
        runtime_port: int = 0,
        command: Sequence[str] = SERVE,
        model_seconds: float = MODEL_SECONDS,
        stop_seconds: float = STOP_SECONDS,
        chance: random.Random | None = None,
    ) -> None:
        """``command`` serves a model, given ``--model-dir DIR --port P``.

        ``model_seconds`` and ``stop_seconds``, which a job has to end, are of the wall.
        """
        self._server = RuntimeServer(runtime_port)
        self.runtime_url = self._server.url
        self._clock = context.clock
        self._hooks = ExitStack()
        self._clients = {name: context.client(name) for name in ("s3", "cloudwatch", "events")}
        self._hosting = Hosting(context, container_of, command, gone=forget)
        self._control_plane = ControlPlane(self._hosting, context.clock)
        self._jobs = Jobs(context, Models(container_of, role_of, command), stop_seconds=stop_seconds)
        self._pipelines = Pipelines(context)
        self._capture = Capture(self._clients["s3"])
        self._metrics = Metrics(self._clients["cloudwatch"], context.clock)
        self._dispatcher = Dispatcher(
            lambda: self._hosting.routes,
            Recorders(self._capture, self._metrics, context.clock),
            chance or random.Random(),  # noqa: S311  traffic, not secrets
            model_seconds=model_seconds,
        )
        self._periodics = [
            Periodic(self._hosting.elapse, _TICK_SECONDS, "sagemaker tick"),
            Periodic(self._announce, _TICK_SECONDS, "sagemaker events"),
            Periodic(self._capture.flush, self._wall(_CAPTURE_SECONDS), "sagemaker capture"),
            Periodic(self._metrics.flush, _SHORTEST_SECONDS, "sagemaker metrics"),
            Periodic(self._guard, self._wall(_GUARDRAIL_SECONDS), "sagemaker guardrails"),
        ]

    def install(self) -> None:
        """Take the place of moto's operations on endpoints, model packages, jobs and pipelines."""
        self._control_plane.install()
        self._hooks.enter_context(install_jobs(self._jobs))
        self._hooks.enter_context(install_pipelines(self._pipelines))
        self._hooks.enter_context(install_model_packages(self._clients["events"], self._clock))

    def start(self) -> None:
        """Begin to answer and to let time pass."""
        self._server.start(self._dispatcher, self._inflict)
        for periodic in self._periodics:
            periodic.start()

    def stop(self) -> None:
        """End every process, write what is buffered, give moto its operations back; may be called at any time."""
        self._server.stop()
        for periodic in self._periodics:
            periodic.stop()
        self._pipelines.close()
        self._jobs.close()
        self._hosting.stop()
        self._capture.flush()
        self._metrics.flush(even_now=True)
        self._hooks.close()
        self._control_plane.uninstall()
        for client in self._clients.values():
            client.close()

    @property
    def lost_captures(self) -> int:
        """How many captured requests could not be kept or written."""
        return self._capture.lost

    def _wall(self, seconds: float) -> float:
        return max(_SHORTEST_SECONDS, self._clock.wall_seconds(seconds))

    def _announce(self) -> None:
        for endpoint in self._hosting.take_unannounced():
            announce(endpoint, self._clients["events"])
        for job in self._jobs.take_unannounced():
            announce_job(job, self._clients["events"])
        for change in self._pipelines.take_unannounced():
            announce_pipeline(change.execution, change.step, change.before, self._clients["events"])

    def _inflict(self, fault: Fault) -> None:
        (self._hosting if fault.job is None else self._jobs).inflict(fault)

    def _guard(self) -> None:
        roll_back_on_alarms(self._hosting, self._clients["cloudwatch"])
