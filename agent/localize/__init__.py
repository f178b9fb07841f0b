"""From a profile to targets, and what was observed there."""
