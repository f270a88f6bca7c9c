"""Which models does a deployment serve, and do their versions fit together?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cdk.artifact import Artifact, InvalidModel
from sluice.domain.routing import Routing
from sluice.domain.variant import CHAMPION
from sluice.settings.deployment import Deployment, Model

SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One model of the deployment, its artifacts read and found to fit.

    Attributes:
        name: As in the API's paths.
        endpoint_name: The SageMaker endpoint.
        settings: Its part of sluice.yaml.
        artifacts: By variant slot; every one accepts what the champion accepts.
        shadow: What gets a copy of the requests, if anything.

    """

    name: str
    endpoint_name: str
    settings: Model
    artifacts: Mapping[str, Artifact]
    shadow: Artifact | None

    def routing(self) -> Routing:
        """The routing table the model starts with; afterwards releases write it."""
        return Routing(
            model=self.name,
            endpoint=self.endpoint_name,
            salt=self.name,
            weights={slot: variant.weight for slot, variant in self.settings.variants.items()},
            versions={slot: artifact.signature.version for slot, artifact in self.artifacts.items()},
            signature=self.artifacts[CHAMPION].signature,
        )


def read_models(deployment: Deployment, config: Path) -> list[ServedModel]:
    """Read every model's artifacts, relative to the config file. Raises InvalidModel with all problems at once."""
    problems: list[str] = []
    models = [_read(deployment, name, config, problems) for name in deployment.models]
    if problems:
        raise InvalidModel("\n".join(problems))
    return models


def _read(deployment: Deployment, name: str, config: Path, problems: list[str]) -> ServedModel:
    settings = deployment.models[name]
    paths = {slot: variant.artifact for slot, variant in settings.variants.items()}
    if settings.shadow is not None:
        paths[SHADOW] = settings.shadow.artifact
    found: dict[str, Artifact] = {}
    for role, path in paths.items():
        try:
            found[role] = Artifact.read(config.parent / path)
            _check_name(found[role], name)
        except InvalidModel as wrong:
            problems.append(f"{_setting(config, name, role)}: {wrong}")
    problems.extend(f"{_setting(config, name, role)}: {misfit}" for role, misfit in _misfits(found))
    shadow = found.pop(SHADOW, None)
    return ServedModel(name, deployment.endpoint_name(name), settings, found, shadow)


def _setting(config: Path, model: str, role: str) -> str:
    where = SHADOW if role == SHADOW else f"variants.{role}"
    return f"{config}: models.{model}.{where}.artifact"


def _check_name(artifact: Artifact, name: str) -> None:
    if artifact.signature.model != name:
        raise InvalidModel(f"{artifact.directory} holds a version of {artifact.signature.model}, not of {name}")


def _misfits(found: Mapping[str, Artifact]) -> Iterator[tuple[str, str]]:
    """Every variant must take whatever a caller may send, and a version must name one content."""
    champion = found.get(CHAMPION)
    contents: dict[str, str] = {}
    for role, artifact in found.items():
        version = artifact.signature.version
        if champion and not artifact.signature.accepts_all_of(champion.signature):
            yield role, f"version {version} does not take the inputs of the champion, {champion.signature.version}"
        if contents.setdefault(version, artifact.digest) != artifact.digest:
            yield role, f"another variant has version {version} with other content: give each content its own version"
