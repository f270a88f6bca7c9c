"""What is kept of a captured request whose inputs are sensitive? Everything but their values."""
