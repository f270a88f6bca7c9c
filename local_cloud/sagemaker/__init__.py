"""The laptop's SageMaker: endpoints and jobs that are real processes, behind the real API."""

from local_cloud.sagemaker.service import SageMaker

__all__ = ["SageMaker"]
