"""Will this flight arrive 15 or more minutes late? A complete model on real data: see README.md."""
