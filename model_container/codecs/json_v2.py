"""Open Inference Protocol V2: which outputs does a request want, and how is the answer's JSON written?"""

from collections.abc import Mapping
from typing import Any

from model_container.codecs import json_text
from model_container.codecs.exchange import Answer, OpenInference, Outputs, Query
from model_container.codecs.media import MediaType
from sluice.domain.batch import Violations
from sluice.domain.open_inference import parse_infer_request
from sluice.domain.signature import Signature


def decode(signature: Signature, request: Any, tail: memoryview | None = None) -> Query:
    """Read a decoded request and the bytes behind its JSON header, if any. Raises InvalidInput."""
    batch = parse_infer_request(signature, request, tail)
    violations = Violations()
    wanted = _wanted(signature, request, violations)
    default = _flag(request, "binary_data_output", "parameters", violations)
    identifier = request.get("id")
    if identifier is not None and not isinstance(identifier, str):
        violations.add("id", "a string", identifier)
    violations.raise_if_any()
    said = {name: default if flag is None else flag for name, flag in wanted.items()}
    v2 = OpenInference(
        id=identifier,
        binary=frozenset(name for name, flag in said.items() if flag),
        unsaid=frozenset(name for name, flag in said.items() if flag is None),
    )
    return Query(batch, tuple(wanted), v2)


def encode(signature: Signature, query: Query, outputs: Outputs) -> Answer:
    """All outputs as JSON numbers and strings, row-major and flat."""
    tensors = [{**head, "data": outputs[head["name"]].ravel().tolist()} for head in heads(signature, outputs)]
    return Answer(json_text.write(envelope(signature, query, tensors)), MediaType.JSON)


def heads(signature: Signature, outputs: Outputs) -> list[dict[str, Any]]:
    """Name, datatype and shape of each output, in the order asked for."""
    datatypes = {spec.name: spec.datatype for spec in signature.outputs}
    return [
        {"name": name, "datatype": datatypes[name], "shape": list(values.shape)} for name, values in outputs.items()
    ]


def envelope(signature: Signature, query: Query, tensors: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer around its tensors."""
    identifier = query.v2.id if query.v2 else None
    named = {"model_name": signature.model, "model_version": signature.version}
    return {**named, **({"id": identifier} if identifier else {}), "outputs": tensors}


def _wanted(signature: Signature, request: Mapping[str, Any], violations: Violations) -> dict[str, bool | None]:
    """The outputs asked for and whether in binary; all of them when none is named."""
    known = [spec.name for spec in signature.outputs]
    asked = request.get("outputs") or []
    if not isinstance(asked, list):
        violations.add("outputs", "a list of objects with a name", asked)
        return {}
    wanted: dict[str, bool | None] = {}
    for index, output in enumerate(asked):
        name = output.get("name") if isinstance(output, dict) else None
        if not isinstance(name, str) or name not in known or name in wanted:
            violations.add(f"outputs[{index}].name", f"one of the outputs {known}, once", name)
        else:
            wanted[name] = _flag(output, "binary_data", f"outputs.{name}.parameters", violations, strict=True)
    return wanted or dict.fromkeys(known)


def _flag(
    owner: Mapping[str, Any], flag: str, where: str, violations: Violations, *, strict: bool = False
) -> bool | None:
    """A boolean parameter; ``strict`` refuses others, such as Triton's classification, rather than drop them."""
    parameters = owner.get("parameters") or {}
    if not isinstance(parameters, dict):
        violations.add(where, "an object", parameters)
        return None
    for extra in parameters.keys() - {flag} if strict else ():
        violations.add(f"{where}.{extra}", f"no other parameter than {flag}", parameters[extra])
    value = parameters.get(flag)
    if value is not None and not isinstance(value, bool):
        violations.add(f"{where}.{flag}", "true or false", value)
        return None
    return value
