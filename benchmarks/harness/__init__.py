"""What the benchmarks have in common: clients, servers, process trees, intervals and verdicts."""
