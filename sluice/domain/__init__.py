"""What Sluice knows and decides: pure, no I/O, no clock, no randomness, no environment."""
