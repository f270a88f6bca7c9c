"""Is the challenger worse than the champion? Evidence from counts, valid at every look."""
