"""The laptop's AWS, for development and tests: loopback only, never imported by what is deployed."""
