"""How does the shadow's answer to one request compare with the champion's?"""

import json
from collections.abc import Mapping
from typing import Any

from sluice.domain.errors import InvalidInput
from sluice.domain.exchange import Exchange
from sluice.domain.message import Message, read_request
from sluice.domain.replay.compare import TOLERANCE, Compared, compare
from sluice.domain.replay.inputs import bare
from sluice.domain.replay.outputs import Outputs, fit_outputs, read_outputs
from sluice.domain.replay.report import Example, Outcome, Report
from sluice.domain.shadow.shadowed import Shadowed
from sluice.domain.signature import Signature

_LONGEST_SHOWN = 200  # characters; a record is no place for tensors


def compare_copy(asked: Exchange, answer: Message | None, signature: Signature) -> Shadowed:
    """What one request came to: ``asked`` of the champion, answered by the shadow, too. None: it cannot be read."""
    rows = _rows(asked, signature)
    if answer is None or asked.answer is None or rows is None:
        return _came_to(Outcome.NO_ANSWER)
    theirs = fit_outputs(asked.answer, rows=rows, outputs=signature.outputs)
    mine = fit_outputs(answer, rows=rows, outputs=signature.outputs)
    checked = Shadowed(checked=1, breaches=int(isinstance(mine, str)), champions_breaches=int(isinstance(theirs, str)))
    if isinstance(theirs, str):
        return checked + _came_to(Outcome.NO_ANSWER)
    if isinstance(mine, str):
        return checked + _defective(asked.prediction_id, mine, rows)
    compared = compare(theirs, mine, range(rows), signature=signature, tolerance=TOLERANCE)
    if compared is None:
        return checked + _came_to(Outcome.NOTHING_COMMON)
    return checked + _compared(asked.prediction_id, compared, theirs, mine)


def _rows(asked: Exchange, signature: Signature) -> int | None:
    """How many rows it asks about; of a request that is not what was asked any more, as its answer tells."""
    try:
        return read_request(asked.request, signature).rows or None
    except (InvalidInput, ValueError):
        pass
    try:
        outputs = read_outputs(asked.answer, signature.outputs) if asked.answer else {}
    except ValueError:
        return None
    return next(map(len, outputs.values()), 0) or None


def _came_to(outcome: Outcome) -> Shadowed:
    return Shadowed(Report(outcomes={outcome: 1}))


def _defective(prediction_id: str, wrong: str, rows: int) -> Shadowed:
    report = Report(outcomes={Outcome.DEFECTIVE: 1}, rows=rows, troubles=(f"{prediction_id}: {wrong}",))
    return Shadowed(report, differing=1.0)


def _compared(prediction_id: str, compared: Compared, theirs: Outputs, mine: Outputs) -> Shadowed:
    agreeing, rows = sum(row.agrees for row in compared.rows), len(compared.rows)
    examples = tuple(
        Example(prediction_id, row.row, row.agrees, row.difference, {}, _said(theirs, row.row), _said(mine, row.row))
        for row in compared.rows
        if not row.agrees or row.difference
    )
    report = Report(
        outcomes={Outcome.COMPARED: 1}, rows=rows, agreeing=agreeing, outputs=compared.outputs, worst=examples
    )
    return Shadowed(report, differing=1 - agreeing / rows)


def _said(outputs: Outputs, row: int) -> Mapping[str, Any]:
    """What an answer says about a row, as far as it is short."""
    return {name: _short(bare(rows[row])) for name, rows in outputs.items()}


def _short(value: Any) -> Any:
    """The value; as a text, where it is long or no JSON has it."""
    text = json.dumps(value)
    if len(text) > _LONGEST_SHOWN:
        return f"{text[:_LONGEST_SHOWN]}…"
    return text if "Infinity" in text else value
