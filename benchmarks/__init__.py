"""Benchmark files, training recipes and speed benchmarks."""
