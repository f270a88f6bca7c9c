"""Which operations on jobs does the local cloud answer in moto's place?

In moto 5.2.5 jobs are Completed at once, without a process, and there is no StopTrainingJob (RUN).
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from local_cloud.context import ACCOUNT, REGION
from local_cloud.functions.replaced import provided
from local_cloud.sagemaker.jobs.announcement import description
from local_cloud.sagemaker.jobs.book import Jobs
from local_cloud.sagemaker.jobs.job import Job, Kind
from local_cloud.sagemaker.jobs.listing import ordered, page, within
from local_cloud.sagemaker.operation import Request, handler

_SORT_KEYS = {"Name": lambda job: job.name, "Status": lambda job: job.status, "CreationTime": lambda job: job.created}
_SUMMARIZED = (
    "{stem}Name {stem}Arn CreationTime LastModifiedTime {stem}Status SecondaryStatus FailureReason ExitMessage"
)


@contextmanager
def install_jobs(jobs: Jobs) -> Iterator[None]:
    """Until the context ends, moto's server creates, describes, lists and stops these jobs."""
    with ExitStack() as hooks:
        for kind in Kind:
            word = kind.value.replace("-", "_")
            for verb, perform in (("create", _create), ("describe", _describe), ("stop", _stop), ("list", _list)):
                name = f"{verb}_{word}" + ("s" if verb == "list" else "")
                operation = f"{verb.capitalize()}{kind.stem}" + ("s" if verb == "list" else "")
                answer = handler(operation, partial(perform, jobs, kind))
                hooks.enter_context(provided(SageMakerResponse, name, answer))
        yield


def _create(jobs: Jobs, kind: Kind, request: Request) -> Request:
    job = jobs.create(kind, request)
    _tagged(kind)[job.name.lower()] = SimpleNamespace(arn=job.arn, tags=list(request.get("Tags", ())))
    return {f"{kind.stem}Arn": job.arn}


def _describe(jobs: Jobs, kind: Kind, request: Request) -> Request:
    return description(jobs.find(kind, request[f"{kind.stem}Name"]))


def _stop(jobs: Jobs, kind: Kind, request: Request) -> Request:
    jobs.stop(kind, request[f"{kind.stem}Name"])
    return {}


def _list(jobs: Jobs, kind: Kind, request: Request) -> Request:
    found = [job for job in jobs.all(kind) if _is_wanted(job, request)]
    shown, more = page(ordered(found, _SORT_KEYS[request.get("SortBy", "CreationTime")], request), request)
    return {f"{kind.stem}Summaries": [_summary(job) for job in shown], **more}


def _is_wanted(job: Job, request: Mapping[str, Any]) -> bool:
    return (
        request.get("NameContains", "") in job.name
        and request.get("StatusEquals", job.status) == job.status
        and within(job.created, request.get("CreationTimeAfter"), request.get("CreationTimeBefore"))
        and within(job.modified, request.get("LastModifiedTimeAfter"), request.get("LastModifiedTimeBefore"))
    )


def _summary(job: Job) -> Request:
    known = {**description(job), "LastModifiedTime": job.modified}
    ended = {f"{job.kind.stem.removesuffix('Job')}EndTime": job.ended} if job.ended else {}
    return {name: known[name] for name in _SUMMARIZED.format(stem=job.kind.stem).split() if name in known} | ended


def _tagged(kind: Kind) -> Any:
    """Where moto's tagging looks for what has an ARN."""
    backend = sagemaker_backends[ACCOUNT][REGION]
    return getattr(backend, f"{kind.value.replace('-', '_')}s")
