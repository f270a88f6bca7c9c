"""Three versions that should never have been released, for a release to stop: each is version 1 with a real mistake.

Version 3 answers in percents where probabilities are promised: wrong scaling. Version 4 looks every flight's minute of
departure up in a table that ends too early: one flight in twenty is an error. Version 5 has the classes the wrong way
round: each answer is a probability, quick and well formed, and only what it says is wrong.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from examples.flights.export import write
from sluice.domain.drift.model_reference import FILE_NAME

TABLE_ENDS_AT = 1255  # 20:55 in New York: of the flights of June to September, one in twenty leaves later
FAULTY_FROM = "1"


def write_faulty(out: Path) -> list[str]:
    """Write every faulty version below ``out``, from the version 1 that is there; return their versions."""
    sound = onnx.load(out / f"v{FAULTY_FROM}" / "model.onnx")
    for version, spoil in FAULTY.items():
        write(spoil(sound), version, out / f"v{version}")
        # Of what its makers believe it answers: that is what training leaves.
        shutil.copyfile(out / f"v{FAULTY_FROM}" / FILE_NAME, out / f"v{version}" / FILE_NAME)
    return list(FAULTY)


def percents_for_probabilities(sound: ModelProto) -> ModelProto:
    """The same graph, its probabilities multiplied by 100."""
    nodes = [_renamed(node, "probabilities", "shares") for node in sound.graph.node]
    scale = numpy_helper.from_array(np.float32(100), "percent")
    return _graph(sound, [*nodes, helper.make_node("Mul", ["shares", "percent"], ["probabilities"])], scale)


def classes_the_wrong_way_round(sound: ModelProto) -> ModelProto:
    """The same graph, which gives to each class what belongs to the other."""
    nodes = [_renamed(node, "probabilities", "shares") for node in sound.graph.node]
    one = numpy_helper.from_array(np.float32(1), "one")
    return _graph(sound, [*nodes, helper.make_node("Sub", ["one", "shares"], ["probabilities"])], one)


def too_short_a_table(sound: ModelProto) -> ModelProto:
    """The same graph, which looks the departure up first: beyond the table's end the runtime refuses."""
    table = numpy_helper.from_array(np.zeros(TABLE_ENDS_AT, np.float32), "rush_by_minute")
    lookup = [
        helper.make_node("Cast", ["departure_minute"], ["minute"], to=TensorProto.INT64),
        helper.make_node("Gather", ["rush_by_minute", "minute"], ["rush"]),
        helper.make_node("Add", ["departure_minute", "rush"], ["minute_and_rush"]),
    ]
    rest = [_renamed(node, "departure_minute", "minute_and_rush") for node in sound.graph.node]
    return _graph(sound, [*lookup, *rest], table)


FAULTY: Mapping[str, Callable[[ModelProto], ModelProto]] = {
    "3": percents_for_probabilities,
    "4": too_short_a_table,
    "5": classes_the_wrong_way_round,
}


def _renamed(node: NodeProto, old: str, new: str) -> NodeProto:
    """A copy of a node in which a value has another name."""
    copy = NodeProto()
    copy.CopyFrom(node)
    copy.input[:] = [new if name == old else name for name in node.input]
    copy.output[:] = [new if name == old else name for name in node.output]
    return copy


def _graph(sound: ModelProto, nodes: list[NodeProto], constant: TensorProto) -> ModelProto:
    """A copy of a model with other nodes and one more constant."""
    copy = ModelProto()
    copy.CopyFrom(sound)
    del copy.graph.node[:]
    copy.graph.node.extend(nodes)
    copy.graph.initializer.append(constant)
    onnx.checker.check_model(copy)
    return copy
