"""The laptop's SageMaker hosting: endpoints whose variants are real model processes, called through the real API."""
