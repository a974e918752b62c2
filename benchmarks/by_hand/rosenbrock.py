"""Rosenbrock's function: its Hessian has three diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Run


def hessian(x: np.ndarray[Any, Any]) -> Run:
    """∂²f/∂x[i]² = 1200·x[i]² − 400·x[i+1] + 2 (+ 200 inside), ∂²f/∂x[i]∂x[i+1] = −400·x[i]."""
    n = len(x)

    def run() -> Any:
        out = np.zeros((n, n))
        line = out.reshape(-1)
        first = x[:-1]
        line[:: n + 1][:-1] = 1200 * first * first - 400 * x[1:] + 2
        line[:: n + 1][1:] += 200
        off = -400 * first
        line[1 :: n + 1] = off
        line[n :: n + 1] = off
        return out

    return run
