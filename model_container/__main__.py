"""What SageMaker starts, ``python -m model_container serve`` or ``train``, and ``inspect`` before it does."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 cannot start."""
    options = _parser(environment).parse_args(arguments)
    if options.command == "train":
        return _train(options)
    if options.command == "inspect":
        return _inspect(options)
    return _serve(options)


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="model_container", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer predictions of a model directory over HTTP")
    serve.add_argument("--model-dir", type=Path, default=Path("/opt/ml/model"))
    # argparse converts defaults that are texts, so a bad environment is refused as a bad argument is.
    serve.add_argument("--port", type=int, default=environment.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    serve.add_argument("--host", default=environment.get("SLUICE_BIND_HOST", "127.0.0.1"))
    serve.add_argument(
        "--allow-cpu",
        action="store_true",
        default=environment.get("SLUICE_ALLOW_CPU") == "1",
        help="serve on the CPU when the GPU that onnxruntime is built for cannot be used; else that is an error",
    )
    train = commands.add_parser("train", help="run the training program named by hyperparameters.json")
    # The local cloud runs the container's command as it stands, and says in the environment where /opt/ml is.
    train.add_argument(
        "--root", type=Path, default=environment.get("SLUICE_OPT_ML", "/opt/ml"), help="stands for /opt/ml"
    )
    # Likewise where the first of several hosts is: on this machine their names lead nowhere.
    train.add_argument(
        "--lead",
        type=_address,
        default=environment.get("SLUICE_LEAD"),
        metavar="HOST:PORT",
        help="where the first of several hosts is reached; by default under its name",
    )
    inspect = commands.add_parser("inspect", help="infer what an ONNX file takes and gives, and try it")
    inspect.add_argument("--model-dir", type=Path, required=True)
    inspect.add_argument("--model", required=True, help="the model's name, for an inferred signature")
    inspect.add_argument("--version", help="the version's name, for an inferred signature")
    return parser


def _address(text: str) -> tuple[str, int]:
    """``HOST:PORT``. Raises ValueError."""
    host, _, port = text.rpartition(":")
    if not host:
        raise ValueError(text)
    return host, int(port)


def _serve(options: argparse.Namespace) -> int:
    from model_container.errors import CannotListen  # noqa: PLC0415  training needs no server
    from model_container.server import serve  # noqa: PLC0415  likewise

    try:
        return serve(options.model_dir, options.host, options.port, allow_cpu=options.allow_cpu)
    except CannotListen as error:
        sys.stderr.write(f"model_container: {error}\n")
        return 2


def _train(options: argparse.Namespace) -> int:
    from model_container.train import train  # noqa: PLC0415  serving needs no training

    return train(options.root, options.lead)


def _inspect(options: argparse.Namespace) -> int:
    from model_container.inspection import inspect  # noqa: PLC0415  likewise

    return inspect(options.model_dir, options.model, options.version)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
