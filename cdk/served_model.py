"""Which models does a deployment serve, and do their versions fit together?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from sluice.domain.errors import InvalidReference, UnfitReference
from sluice.domain.reference_fit import check_fit
from sluice.domain.routing import Routing
from sluice.domain.variant import CHALLENGER, CHAMPION, in_order
from sluice.settings.artifact import Artifact, InvalidModel
from sluice.settings.checks import load_checks
from sluice.settings.deployment import Deployment, Model
from sluice.settings.source import InvalidSettings, located

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
        checks: The checks.yaml that its candidates are asked about, if there is one; every case fits the champion.

    """

    name: str
    endpoint_name: str
    settings: Model
    artifacts: Mapping[str, Artifact]
    shadow: Artifact | None
    checks: Path | None = None

    @property
    def slots(self) -> list[str]:
        """The slots that production variants may be in: the declared ones, and those that releases fill."""
        return in_order({CHAMPION, CHALLENGER, *self.settings.variants})

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
    found: dict[str, Artifact] = {}
    for role, path in _artifact_paths(settings).items():
        try:
            found[role] = Artifact.read(config.parent / path)
        except InvalidModel as wrong:
            problems.append(f"{config}: models.{name}.{_setting(role)}: {wrong}")
    misfits = (*_misfits(name, found), *_unfit_references(found))
    problems.extend(f"{config}: models.{name}.{setting}: {wrong}" for setting, wrong in misfits)
    problems.extend(_unknown_inputs(config, name, settings, found))
    setting = f"models.{name}.monitoring.slices"
    problems.extend(f"{located(config, setting)}: {wrong}" for wrong in _without_slices(settings, found.values()))
    problems.extend(_unfit_checks(config, settings, found))
    shadow = found.pop(SHADOW, None)
    checks = settings.gate.checks and config.parent / settings.gate.checks
    return ServedModel(name, deployment.endpoint_name(name), settings, found, shadow, checks)


def _unfit_checks(config: Path, settings: Model, found: Mapping[str, Artifact]) -> Iterator[str]:
    """What is wrong with the cases that candidates are asked about: known now, and not after hours of training."""
    if settings.gate.checks is None or CHAMPION not in found:
        return
    try:
        load_checks(config.parent / settings.gate.checks, found[CHAMPION].signature)
    except InvalidSettings as wrong:
        yield str(wrong)


def _unknown_inputs(config: Path, name: str, settings: Model, found: Mapping[str, Artifact]) -> Iterator[str]:
    """Sensitive inputs that are none: a slip of the pen would have values kept that must not be."""
    champion = found.get(CHAMPION)
    known = [spec.name for spec in champion.signature.inputs] if champion else settings.capture.sensitive
    for wrong in settings.capture.sensitive:
        if wrong not in known:
            where = located(config, f"models.{name}.capture.sensitive")
            yield f"{where}: must name inputs of the model, {', '.join(known)}, got {wrong}"


def _artifact_paths(settings: Model) -> dict[str, Path]:
    paths = {slot: variant.artifact for slot, variant in settings.variants.items()}
    return paths if settings.shadow is None else {**paths, SHADOW: settings.shadow.artifact}


def _setting(role: str) -> str:
    return f"{SHADOW}.artifact" if role == SHADOW else f"variants.{role}.artifact"


def _misfits(name: str, found: Mapping[str, Artifact]) -> Iterator[tuple[str, str]]:
    """Settings that do not fit what was found, with the reason.

    Every variant must take whatever a caller may send, and a version must name one content.
    """
    champion = found.get(CHAMPION)
    contents: dict[str, str] = {}
    for role, artifact in found.items():
        signature = artifact.signature
        if signature.model != name:
            yield _setting(role), f"{artifact.directory} holds a version of {signature.model}, not of {name}"
        if champion and not signature.accepts_all_of(champion.signature):
            message = f"version {signature.version} does not take the inputs of the champion, "
            yield _setting(role), message + champion.signature.version
        if contents.setdefault(signature.version, artifact.digest) != artifact.digest:
            yield _setting(role), f"two variants have other contents but one version, {signature.version}"


def _unfit_references(found: Mapping[str, Artifact]) -> Iterator[tuple[str, str]]:
    """References of another model, which would tell drifts that are none; of what is no reference the deploy tells."""
    for role, artifact in found.items():
        try:
            if artifact.reference is not None:
                check_fit(artifact.reference.read_bytes(), artifact.signature)
        except UnfitReference as wrong:
            yield _setting(role), f"{artifact.reference}: {wrong}"
        except InvalidReference:
            pass


def _without_slices(settings: Model, artifacts: Iterable[Artifact]) -> Iterator[str]:
    """Why rows of a version cannot be watched by the slices that are declared."""
    for name, artifact in product(settings.monitoring.slices, artifacts):
        inputs = [spec.name for spec in artifact.signature.inputs if spec.is_scalar_row]
        sliced = artifact.sliced_by()
        if name not in inputs:
            yield f"one of {', '.join(inputs) or 'no inputs'} (inputs of one element a row), got {name}"
        elif sliced is not None and name not in sliced:
            there = f"it has slices of {', '.join(sliced)}" if sliced else "it has none"
            yield f"{artifact.reference} has no slices of {name}, {there}: build it with `--slice {name}`"
