"""Is this body small enough to be read, and is it sent as it is?"""

from starlette.requests import Request

from model_container.errors import BodyTooLarge, UnsupportedMediaType

# SageMaker refuses larger bodies of InvokeEndpoint: 6 MiB.
LARGEST_BODY = 6_291_456


async def read_body(request: Request) -> bytes:
    """The whole body. Raises BodyTooLarge at the first byte too many, UnsupportedMediaType when compressed."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaType(f"Content-Encoding {encoding!r} is not read: send the body uncompressed")
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        raise BodyTooLarge(f"the body has {declared} bytes, at most {LARGEST_BODY} are read")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge(f"the body has more than {LARGEST_BODY} bytes")
    return bytes(body)
