"""What was found, to look at: as a page, as a picture."""
