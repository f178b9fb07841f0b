"""Rewrite rules, one file each. ``registry`` holds them all; libcst is imported only with it."""
