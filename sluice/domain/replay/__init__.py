"""What would another version have answered? Captured requests, put to it again, and both answers compared."""
