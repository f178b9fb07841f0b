"""What hasten knows of a programming language."""
