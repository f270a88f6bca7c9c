"""IAM as a function's role meets it: what a call needs, what the statements say, and who was told no."""
