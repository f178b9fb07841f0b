"""A batch cluster that shares its slots in turns, simulated."""
