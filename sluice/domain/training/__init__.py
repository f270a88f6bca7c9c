"""What may a new version learn from? Which rows, split by time, and what is left out of them."""
