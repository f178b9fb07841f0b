"""Figures from a web shop's CSV exports."""
