"""Proposers: rewrite rules and models, and the edits they make."""
