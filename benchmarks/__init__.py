"""Measures aikit beside its peers and beside the least that Python can do: `benchmarks/run`."""
