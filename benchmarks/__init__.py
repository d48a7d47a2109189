"""Measuring: seeded load, latency and throughput at the outputs, peers on the same job, and the cost of the pure core.

Run from the checkout as `python -m benchmarks ...`; docs/performance.md is made from what it writes.
"""
