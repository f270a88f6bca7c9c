"""How is a model run? One onnxruntime session, on the GPU where onnxruntime is built for one, else on the CPU."""

import ctypes.util
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from model_container.errors import ModelFailed, ModelUnusable
from model_container.graph import Node
from model_container.log import log, log_failure

Tensors = Mapping[str, np.ndarray[Any, Any]]
CPU = "CPUExecutionProvider"
# Fatal only: what goes wrong also arrives as an exception, and belongs into one JSON line.
_SILENT = 4


class Predictor:
    """A loaded graph. Not to be run by two threads at a time."""

    def __init__(self, graph: Path, *, allow_cpu: bool = False) -> None:
        """Load the graph; ``allow_cpu`` where a GPU is expected. Raises ModelUnusable when onnxruntime cannot."""
        onnxruntime.disable_telemetry_events()
        onnxruntime.set_default_logger_severity(_SILENT)
        wanted = preferred_providers(
            onnxruntime.get_available_providers(), has_tensorrt=ctypes.util.find_library("nvinfer") is not None
        )
        self._session = open_session(graph, wanted, allow_cpu=allow_cpu)
        # Else a failing GPU run would be repeated on the CPU, slowly and for good.
        self._session.disable_fallback()
        self.inputs: Sequence[Node] = self._session.get_inputs()
        self.outputs: Sequence[Node] = self._session.get_outputs()

    @property
    def providers(self) -> list[str]:
        """The execution providers in use, the preferred one first."""
        return list(self._session.get_providers())

    def run(self, tensors: Tensors, outputs: Sequence[str]) -> Tensors:
        """The named outputs for these inputs. Raises ModelFailed; the reason goes to the log."""
        try:
            values = self._session.run(list(outputs), dict(tensors))
        except Exception as error:  # onnxruntime's errors share no base class
            log_failure("model.failed", error, shapes={name: list(t.shape) for name, t in tensors.items()})
            raise ModelFailed("the model failed on this request; the container's log says why") from error
        answer = dict(zip(outputs, values, strict=True))
        _refuse_non_finite(answer)
        return answer


def preferred_providers(available: Sequence[str], *, has_tensorrt: bool) -> list[Any]:
    """The providers to ask for, best first; TensorRT is listed by onnxruntime even without its libraries."""
    wanted: list[Any] = []
    if has_tensorrt and "TensorrtExecutionProvider" in available:
        # Engines take minutes to build: keep them, but never beside the model, which is read-only.
        cache = {"trt_engine_cache_enable": True, "trt_engine_cache_path": tempfile.gettempdir()}
        wanted.append(("TensorrtExecutionProvider", cache))
    if "CUDAExecutionProvider" in available:
        wanted.append("CUDAExecutionProvider")
    return [*wanted, CPU]


def open_session(graph: Path, wanted: Sequence[Any], *, allow_cpu: bool) -> Any:
    """An onnxruntime session on the wanted providers.

    Raises ModelUnusable when the graph cannot be loaded, or when a GPU is wanted and cannot be used, unless
    ``allow_cpu``: a CPU's answers at a GPU's price would not be noticed until the bill.
    """
    if wanted == [CPU]:
        return _load(graph, [CPU])
    try:
        session = _load(graph, wanted)
        # onnxruntime goes on without a provider that does not start, such as CUDA without a driver.
        if session.get_providers() != [CPU]:
            return session
        reason = "onnxruntime could not start CUDA, check driver and libraries"
    except ModelUnusable as unusable:
        reason = str(unusable)
    if not allow_cpu:
        raise ModelUnusable(f"the model cannot run on the GPU: {reason}; SLUICE_ALLOW_CPU=1 serves on the CPU instead")
    log("provider.failed", wanted=[str(provider) for provider in wanted], reason=reason)
    return _load(graph, [CPU])


def _load(graph: Path, providers: Sequence[Any]) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    # Spinning threads would take the cores from the event loop and from neighbours.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(graph, options, providers=providers, enable_fallback=0)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ModelUnusable(f"{graph} cannot be loaded: {reason}") from error


def _refuse_non_finite(answer: Tensors) -> None:
    for name, values in answer.items():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ModelFailed(f"the model answered NaN or infinity in output {name!r}")
