"""The laptop's SageMaker hosting: endpoints whose variants are real model processes, called through the real API."""

from local_cloud.sagemaker.service import SageMaker

__all__ = ["SageMaker"]
