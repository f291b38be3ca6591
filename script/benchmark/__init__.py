"""script/bench: measures the gateway, keeps the results, and writes docs/benchmarks.md."""
