"""Training and processing jobs that are real processes of the container's entry points."""

from local_cloud.sagemaker.jobs.book import Jobs
from local_cloud.sagemaker.jobs.operations import install_jobs

__all__ = ["Jobs", "install_jobs"]
