"""What may be sent to the admin API? Every field is known and checked; a refusal names the place."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sluice.domain.archive import ARCHIVE, ARCHIVE_URL, is_archive

_LONGEST_REASON = 1000


def _checked_archive(url: str) -> str:
    if not is_archive(url):
        raise ValueError(ARCHIVE)
    return url


ArchiveUrl = Annotated[str, AfterValidator(_checked_archive), Field(json_schema_extra={"pattern": ARCHIVE_URL})]
Reason = Annotated[str, Field(max_length=_LONGEST_REASON)]


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class CandidateBody(Body):
    """The version to release: a package of the model registry, or a version and where its archive lies."""

    package: str | None = None
    """Number or ARN of a registered model package."""

    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]{1,64}$")] | None = None
    """As answers are to name it."""

    artifact: ArchiveUrl | None = None
    """S3 URL of its model.tar.gz."""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.package is None) == (self.version is None and self.artifact is None):
            raise ValueError("either package, or version and artifact")
        if self.package is None and (self.version is None or self.artifact is None):
            raise ValueError("version and artifact go together")
        return self


class StartBody(Body):
    """A rollout that is asked for."""

    candidate: CandidateBody

    plan: str | dict[str, Any] | None = None
    """A preset's name, or a plan as sluice.yaml writes it; left out, the one sluice.yaml declares."""

    reason: Reason = ""
    """Why, for the audit."""


class CommandBody(Body):
    """A decision about a rollout."""

    reason: Reason = ""
    """Why, for the audit."""
