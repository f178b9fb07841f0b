"""How often is a judge wrong? hasten's and its peers', on the spot: ``python -m benchmarks.judge``."""
