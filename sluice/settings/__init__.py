"""What can be set, and where: ``sluice.yaml`` for a deployment, environment variables for each function."""
