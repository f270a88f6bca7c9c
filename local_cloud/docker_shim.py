"""Stands in for docker while the CDK CLI publishes container images to the local cloud.

It builds nothing: the local SageMaker runs model_container from the checkout, so an image need only be found in its
repository, by the tag and the digest that the template names. The CLI starts it through the environment variable
CDK_DOCKER (aws-cdk 2.1148.1: `cdk-assets-lib/lib/private/docker.ts`).
"""

import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence

import boto3

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def main(arguments: Sequence[str]) -> int:
    """The exit status of one docker command."""
    command, *rest = arguments[2:] if arguments[:1] == ["--config"] else arguments
    if command not in _COMMANDS:
        _say(f"does not know `docker {command}`")
        return 125
    return _COMMANDS[command](rest)


def _push(arguments: Sequence[str]) -> int:
    """Put an image that consists of its name into the repository."""
    (image,) = arguments
    registry, _, name = image.partition("/")
    repository, tag = name.rsplit(":", 1)
    region = registry.split(".")[3]  # ACCOUNT.dkr.ecr.REGION.amazonaws.com
    config = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 2, "digest": _digest(image)}
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": []}
    ecr = boto3.client("ecr", region_name=region)
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag)
    _say(f"pushed an empty image as {repository}:{tag}")
    return 0


def _build(_: Sequence[str]) -> int:
    _say("builds nothing: the local SageMaker runs model_container from this checkout")
    return 0


def _login(_: Sequence[str]) -> int:
    sys.stdin.read()  # the password
    return 0


def _digest(content: str) -> str:
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def _say(text: str) -> None:
    sys.stderr.write(f"docker (stand-in of the local cloud): {text}\n")


_COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "build": _build,
    "images": lambda _: 0,  # there are none, so the CLI builds
    "inspect": lambda _: 1,  # as docker says "no such object"
    "login": _login,
    "push": _push,
    "tag": lambda _: 0,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
