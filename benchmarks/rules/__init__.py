"""The rewrite rules on micro-workloads and on large packages."""
