"""What does a model answer to rows of a file? The graph of a model directory, run here."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.column import Codes, Column
from sluice.domain.drift.model_reference import number_output
from sluice.domain.signature import DYNAMIC, Datatype, Signature, TensorSpec

_TYPES = {Datatype.BYTES: np.object_, Datatype.BOOL: np.bool_} | {
    datatype: np.dtype(f"{datatype.value.replace('FP', 'float').lower()}").type
    for datatype in Datatype
    if datatype not in (Datatype.BYTES, Datatype.BOOL)
}


class Model:
    """A classifier, or a model that answers a number, which can be asked."""

    def __init__(self, session: Any, directory: Path, signature: Signature, output: TensorSpec) -> None:
        self._session, self._directory = session, directory
        self.signature, self.output = signature, output

    @classmethod
    def load(cls, directory: Path, signature: Signature) -> Self:
        """Load the graph. Raises UnreadableFile: no such model, inputs with several values, no graph, no runtime."""
        output = _output(directory, signature)
        many = [spec.name for spec in signature.inputs if not spec.is_scalar_row]
        if many:
            raise UnreadableFile(f"{directory} takes several values a row in {', '.join(many)}: no file holds these")
        try:
            import onnxruntime  # noqa: PLC0415  only who asks a model needs it
        except ModuleNotFoundError as missing:
            raise UnreadableFile("asking a model needs onnxruntime: pip install 'sluice[container]'") from missing
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what goes wrong is raised
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as in the container
        try:
            session = onnxruntime.InferenceSession(
                directory / "model.onnx", options, providers=["CPUExecutionProvider"]
            )
        except Exception as broken:  # onnxruntime's errors share no base class
            raise UnreadableFile(f"{directory / 'model.onnx'} cannot be loaded: {_short(broken)}") from broken
        return cls(session, directory, signature, output)

    def ask(self, columns: Mapping[str, Column]) -> Answers:
        """A classifier's answers to some rows. Raises UnreadableFile where the model refuses them."""
        return Answers.most_probable(self._run(columns))

    def numbers(self, columns: Mapping[str, Column]) -> NDArray[Any]:
        """The number that the model answers to each row. Raises UnreadableFile where it refuses them."""
        return self._run(columns).reshape(-1)

    def _run(self, columns: Mapping[str, Column]) -> NDArray[Any]:
        answer = self.prepare(columns)
        try:
            (answered,) = answer()
        except Exception as refused:  # onnxruntime's errors share no base class
            raise UnreadableFile(
                f"the model in {self._directory} cannot answer to rows of this file: {_short(refused)}"
            ) from refused
        return np.asarray(answered)

    def prepare(self, columns: Mapping[str, Column]) -> Callable[[], Any]:
        """A call that runs the graph on some rows and does nothing else, to be timed. Raises UnreadableFile."""
        feed = {spec.name: _tensor(spec, columns[spec.name]) for spec in self.signature.inputs}
        names = [self.output.name]
        return lambda: self._session.run(names, feed)


def _output(directory: Path, signature: Signature) -> TensorSpec:
    number = number_output(signature)
    if number is not None:
        return number
    wanted = (len(signature.classes),)
    found = [spec for spec in signature.outputs if spec.datatype.is_float and spec.row_shape == wanted]
    if not signature.classes or len(found) != 1:
        raise UnreadableFile(
            f"{directory} is no classifier with one output of probabilities and named classes in signature.json, and "
            "has not one output of one number a row: name the columns of its answers instead"
        )
    return found[0]


def _tensor(spec: TensorSpec, column: Column) -> NDArray[Any]:
    shape = tuple(1 if dim == DYNAMIC else dim for dim in spec.row_shape)
    values = _names(column) if isinstance(column, Codes) else np.asarray(column)
    if spec.datatype is Datatype.BOOL:
        values = values == "true"
    elif spec.datatype is not Datatype.BYTES:
        values = np.array(list(map(_number, values))) if values.dtype.kind not in "fiu" else values
        if spec.datatype.is_integer and not np.isfinite(values).all():
            raise UnreadableFile(f"{spec.name} is {spec.datatype} to the model, but not a number in every row")
    return values.astype(_TYPES[spec.datatype]).reshape(-1, *shape)


def _names(column: Codes) -> NDArray[Any]:
    names = np.array([*column.categories, ""], dtype=object)  # the last is of what is missing or of the wrong type
    return names[np.where(column.codes < len(column.categories), column.codes, -1)]


def _number(value: Any) -> float:
    try:
        return np.nan if value is None else float(value)
    except (TypeError, ValueError):
        return np.nan


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
