"""How much fits through Lambda? What may be sent, and what may be answered.

Lambda takes and gives 6 MB of JSON, and API Gateway puts a body into that JSON as a string: a text grows by its escapes
(a quote, a tab or a line end takes two bytes), a binary body by a third (base64). What does not fit never reaches us,
or never leaves us: the caller gets API Gateway's bare 413 or 500.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import json

# Bytes. Base64 makes them 5,333,336, and a text may grow by 57 %: rows of the flights example grow by 15 %, tensors
# indented with tabs and lists of one-letter strings by 50 %. One limit for both is one to remember.
LARGEST_BODY = 4_000_000

# Bytes: Lambda's limit of 6,291,556, less status and headers.
LARGEST_RESPONSE = 6_291_556 - 8_192

# What the function answers as text; everything else as base64.
TEXT_TYPES = ("application/json", "application/problem+json")

_LARGEST_GROWTH = 3  # of JSON: a letter of two bytes becomes six, as in \u00e9; newer Lambda runtimes leave it alone


def fits(content: bytes, media_type: str) -> bool:
    """Whether Lambda can answer with this JSON or binary content."""
    return len(content) * _LARGEST_GROWTH <= LARGEST_RESPONSE or response_size(content, media_type) <= LARGEST_RESPONSE


def response_size(content: bytes, media_type: str) -> int:
    """Bytes of the content within Lambda's answer."""
    if media_type.startswith(TEXT_TYPES):
        return len(json.dumps(content.decode()))
    return (len(content) + 2) // 3 * 4
