"""Pipelines whose executions run their steps, one after the other and side by side."""

from local_cloud.sagemaker.pipelines.book import Pipelines
from local_cloud.sagemaker.pipelines.operations import install_pipelines

__all__ = ["Pipelines", "install_pipelines"]
