"""What importing the library adds to importing NumPy."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from benchmarks.peers import ROOT
from benchmarks.workload import Case, Inputs, Medians, Run, workload

PROGRAM = """
import sys
sys.path[:0] = {path!r}
from time import perf_counter as now
start = now(); import numpy; middle = now(); import {module}; end = now()
print(middle - start if {numpy} else end - middle)
"""


@workload(
    "Seconds for the import after `import numpy`, each in a new process.",
    Case("import numpy", measures=True, rounds=21),
    Case("import the library", measures=True, rounds=21),
    threads=(1,),
)
def import_time(rng: np.random.Generator) -> Inputs:
    """Nothing is needed."""
    return {}


@import_time.figure("import autograd, over import numpy", at_most=0.030, unit="s")
def over_numpy(median: Medians) -> float:
    """What comes on top."""
    return median("import the library", "glassgrad")


def _run(case: str, module: str, path: list[str]) -> Run:
    text = PROGRAM.format(module=module, numpy=case == "import numpy", path=path)

    def run() -> float:
        found = subprocess.run(
            [sys.executable, "-P", "-c", text],
            check=True,
            capture_output=True,
            text=True,
            env=_environment(),
        )
        return float(found.stdout)

    run()  # writes the bytecode of what was never imported before
    return run


def _environment() -> dict[str, str]:
    """The environment, but bytecode is kept: else every run would compile what was changed."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


@import_time.on("glassgrad")
def with_glassgrad(case: str) -> Run:
    """This tree."""
    return _run(case, "autograd", [str(ROOT)])


@import_time.on("hips")
def with_hips(case: str) -> Run:
    """The older library, with its NumPy."""
    return _run(case, "autograd.numpy", [])


@import_time.on("torch")
def with_torch(case: str) -> Run:
    """PyTorch."""
    return _run(case, "torch", [])


@import_time.on("jax")
def with_jax(case: str) -> Run:
    """JAX."""
    return _run(case, "jax", [])


@import_time.on("mygrad")
def with_mygrad(case: str) -> Run:
    """MyGrad."""
    return _run(case, "mygrad", [])


@import_time.on("tinygrad")
def with_tinygrad(case: str) -> Run:
    """tinygrad."""
    return _run(case, "tinygrad", [])


@import_time.on("micrograd")
def with_micrograd(case: str) -> Run:
    """micrograd."""
    return _run(case, "micrograd.engine", [])
