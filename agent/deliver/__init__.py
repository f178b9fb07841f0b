"""How a result reaches the user: commits, patch, report."""
