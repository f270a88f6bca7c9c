"""The SageMaker container: serves a model directory over HTTP, or runs one training program."""

VERSION = "0.1.0"
