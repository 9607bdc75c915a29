"""Benchmarks: named questions of speed and memory, answered as ratios against a peer in the same run."""
