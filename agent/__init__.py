"""What to change, and whether it is really better."""
