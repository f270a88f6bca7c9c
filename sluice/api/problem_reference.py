"""What can the API refuse, and what is to be done? Prints docs/problems.md from the problem types themselves."""

import sys

from sluice.api.problem_types import ALL_TYPES
from sluice.api.size import LARGEST_BODY

_HEADER = """# Problems

Every error of the API is `application/problem+json` (RFC 9457). Made by `make problems-docs`; do not edit.
`type` never changes once published. `detail` says what happened this time, `remedy` what to do,
`error` repeats the detail for clients of the Open Inference Protocol, and `violations` of `invalid-input`,
`invalid-request` and `refused-by-model` lists up to ten places as `{"where", "expected", "got"}`. API Gateway itself
answers 401, 403, 413, 429 and 503 as `{"message": ...}`, before Sluice sees the request.

A body may have LARGEST bytes, JSON or binary. Lambda gets it inside an event of at most 6,291,456 bytes, in which a
binary body grows by a third and JSON by its escapes (quotes, tabs, line ends), usually by 10 to 50 %. A body over the
limit is `body-too-large` while its event still fits; beyond that, API Gateway answers its own 413. Send fewer rows.

| type | status | title | what to do |
|---|---|---|---|
"""


def reference() -> str:
    """The whole page, as Markdown."""
    rows = (f"| `urn:sluice:problem:{t.name}` | {int(t.status)} | {t.title} | {t.remedy} |\n" for t in ALL_TYPES)
    return _HEADER.replace("LARGEST", f"{LARGEST_BODY:,}") + "".join(rows)


if __name__ == "__main__":
    sys.stdout.write(reference())
