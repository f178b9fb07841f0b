"""Ranked search in a small collection of texts."""
