"""Training, processing and transform jobs that are real processes of the container's entry points."""

from local_cloud.sagemaker.jobs.book import Jobs
from local_cloud.sagemaker.jobs.operations import install_jobs
from local_cloud.sagemaker.jobs.transform import Models

__all__ = ["Jobs", "Models", "install_jobs"]
