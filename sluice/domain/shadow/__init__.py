"""What does a shadow answer beside the champion? Captured answers to the same requests, compared as they come."""
