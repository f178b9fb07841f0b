"""What a sandbox costs."""
