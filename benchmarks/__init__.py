"""Benchmarks against peers: `make bench`, or ``python -m benchmarks [names] [--quick]``.

A peer is one function in `benchmarks.peers`. A workload is one file in
`benchmarks/workloads`: a function that makes the inputs, and one function for each peer
that computes with them.
"""
