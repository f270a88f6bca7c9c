"""What became of a prediction: labels and rewards, joined to the variant that really answered."""
