"""Print the figures that stand in docstrings: what NumPy takes one way, and another way.

``python tools/measure_passes.py`` prints all of them, ``… measure_passes.py quick`` those of one
function, which is named as the module that quotes it. ``… measure_passes.py --step char_lstm``
prints what each pass brings: the time of a workload's compiled step without it. Both ways are
timed in turns, on one thread; figures are the lower quartiles of many samples.
"""

from __future__ import annotations

import argparse
import itertools
import operator
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import repeat
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograd.compiler.compiled import Compiled
from autograd.compiler.passes import PASSES, Pass
from autograd.core import blas
from autograd.core.summation import total
from autograd.ops import spreading
from autograd.ops.windows import Windows
from benchmarks.workload import files, load

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

SAMPLES, SECONDS = 50, 0.004
"""How many samples there are of each way, and how long one takes at least."""

Way = Callable[[], Any]
Figures = Iterator[tuple[str, Way, Way]]
"""What is computed, as it would be written, and as the pass writes it."""

RNG = np.random.default_rng(0)


def _array(*shape: int, dtype: Any = np.float32) -> Any:
    return RNG.standard_normal(shape).astype(dtype)


def wide() -> Figures:
    """A product of a few rows with a large matrix, and an addition."""
    x, w, b, out = _array(32, 256), _array(128, 256), _array(128), _array(32, 128)
    plain, turned = _array(32, 128), _array(128, 32)
    yield (
        "(32, 256) @ (256, 128) + b",
        lambda: np.add(np.matmul(x, w.T, out=plain), b, out=out),
        lambda: np.add(np.matmul(w, x.T, out=turned).T, b, out=out),
    )


def lookups() -> Figures:
    """A product of rows that are looked up in a table."""
    table, w, b, i = _array(65, 64), _array(1024, 64), _array(1024, 1), RNG.integers(0, 65, 1600)
    yield (
        "(1024, 64) @ table[i].T + b, 1600 letters of 65",
        lambda: w @ table[i].T + b,
        lambda: np.take(w @ table.T + b, i, axis=1, mode="wrap"),
    )


def scatters() -> Figures:
    """The gradients of a table, of what multiplied its rows, and of a bias."""
    table, w, z, i = _array(65, 64), _array(1024, 64), _array(1024, 1600), RNG.integers(0, 65, 1600)
    places, rows = (i[:, None] * 64 + np.arange(64)).ravel(), np.arange(1600)

    def apart() -> Any:
        added = np.bincount(places, (z.T @ w).ravel(), table.size).astype(np.float32)
        return z @ table[i], added.reshape(table.shape), z.sum(1)

    def by_row() -> Any:
        chosen = np.zeros((1600, 65), np.float32)
        chosen[rows, i] = 1
        sums = z @ chosen
        return sums @ table, sums.T @ w, sums.sum(1)

    yield "three gradients, 1600 letters of 65", apart, by_row


def masks() -> Figures:
    """A choice between a gradient and zero."""
    g, h = _array(128, 256), np.maximum(_array(128, 256), 0)
    mask = h > 0
    yield (
        "where(h > 0, g, 0), (128, 256)",
        partial(np.where, mask, g, 0),
        partial(np.multiply, g, mask),
    )


def quick() -> Figures:
    """Shorter ways into NumPy."""
    x, a, b = _array(25, 65), _array(100, 100), _array(100, 1)
    yield "sum along (25, 65)", partial(np.sum, x, axis=1), partial(x.sum, axis=1)
    yield "reshape of (25, 65)", partial(np.reshape, x, (65, 25)), partial(x.reshape, (65, 25))
    yield "(100, 100) @ (100, 1)", partial(np.matmul, a, b), partial(a.dot, b)
    for part in (_array(128, 256), _array(1600, 65)):
        ones = np.ones(part.shape[1], np.float32)
        yield f"sum along {part.shape}", partial(part.sum, axis=1), partial(part.dot, ones)


def augmented() -> Figures:
    """Two ways to compute over an operand."""
    x, y, zeros = np.ones(100), np.ones(100), np.zeros(100)
    yield "x += y, 100 numbers", partial(np.add, y, zeros, out=y), partial(operator.iadd, x, zeros)


def product() -> Figures:
    """Matrix products in bands and tiles (`autograd.core.blas.product`)."""
    for rows, inner, columns in [(1024, 256, 32), (128, 784, 256), (100, 100, 1)]:
        x, y = _array(rows, inner), _array(columns, inner).T
        yield (
            f"({rows}, {inner}) @ ({inner}, {columns})",
            partial(np.matmul, x, y),
            partial(blas.product, x, y),
        )
    for dtype in (np.float32, np.float64):
        for first, second in itertools.product(("", " turned"), repeat=2):
            x = _array(*((512, 128) if first else (128, 512))).astype(dtype)
            y = _array(*((256, 512) if second else (512, 256))).astype(dtype)
            x, y = x.T if first else x, y.T if second else y
            yield (
                f"(128, 512){first} @ (512, 256){second}, {x.dtype}",
                partial(np.matmul, x, y),
                partial(blas.product, x, y),
            )


def summation() -> Figures:
    """Sums along long rows, where BLAS is quicker (`autograd.core.summation`)."""
    for shape, dim in (((1024, 1600), 1), ((32, 64, 256), 2)):
        x = _array(*shape)
        yield f"sum of {shape} over {dim}", partial(np.sum, x, dim), partial(total, x, dim)


def activation() -> Figures:
    """ReLU by comparing with a number, and by cutting off at it."""
    for shape in ((64, 64), (128, 256), (64, 8, 28, 28)):
        x = _array(*shape)
        yield f"maximum(x, 0), {shape}", partial(np.maximum, x, 0), partial(x.clip, 0, np.inf)


def columns() -> Figures:
    """A convolution's input gradient one place of the kernel after the other, and by its rows."""
    for o, c, size, stride in ((16, 8, 14, 1), (64, 32, 16, 2)):
        count = (size - 5) // stride + 1
        g, weight = _array(1, o, count, count, 64), _array(o, c, 5, 5)
        windows = Windows((5, 5), (stride,) * 2, ((0, 0),) * 2, (1, 1))
        given = g, weight, (1, c, size, size, 64), windows
        ways = spreading.one_by_one, spreading.row_by_row
        singly, by_row = (partial(_put_back, way, *given) for way in ways)
        yield f"{g.shape[1:]} through {weight.shape}", singly, by_row


def _put_back(way: Any, g: Any, weight: Any, shape: Any, windows: Windows) -> Any:
    image = np.zeros(shape, np.float32)
    way(g, weight, image, windows)
    return image


_ALL = (activation, augmented, columns, lookups, masks, product, quick, scatters, summation, wide)
FIGURES = {make.__name__: make for make in _ALL}


# --- what each pass brings ----------------------------------------------------------------


def without(name: str, names: list[str]) -> Figures:
    """A workload's compiled step with all passes, and without one of them, or each in turn."""
    work = load(files()[name])

    def step(passes: tuple[Pass, ...]) -> Compiled:
        inputs = work.inputs(np.random.default_rng(0))
        run = Compiled(work.makers["compiled"](work.cases[0].name, **inputs), passes=passes)
        run()
        return run

    whole = step(PASSES)
    for left_out in dict.fromkeys(PASSES):
        if left_out.__name__ in (names or [left_out.__name__]):
            less = step(tuple(p for p in PASSES if p is not left_out))
            if less.source != whole.source:
                yield f"without {left_out.__name__}", whole, less


# --- the command --------------------------------------------------------------------------


def seconds(ways: list[Way], samples: int = SAMPLES) -> list[float]:
    """The lower quartile of each way's time, all taken in turns."""
    counts = [max(1, int(SECONDS / _timed(way, 1))) for way in ways]
    pairs = list(zip(ways, counts, strict=True))
    found = np.array([[_timed(way, count) for way, count in pairs] for _ in range(samples)])
    return [float(time) for time in np.quantile(found, 0.25, axis=0)]


def _timed(way: Way, count: int) -> float:
    start = perf_counter()
    for _ in repeat(None, count):
        way()
    return (perf_counter() - start) / count


def main() -> None:
    """Measure what is named, or all figures."""
    parser = argparse.ArgumentParser(description="Measure the figures in docstrings.")
    parser.add_argument("names", nargs="*", help=f"{', '.join(FIGURES)}; with --step: passes")
    parser.add_argument("--step", metavar="WORKLOAD", help="its compiled step, without passes")
    options = parser.parse_args()
    if os.environ.keys().isdisjoint(ONE_THREAD):  # who counts threads does so when imported
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)
    if options.step:
        made = [(options.step, without(options.step, options.names))]
    else:
        made = [(name, FIGURES[name]()) for name in options.names or FIGURES]
    for name, figures in made:
        for what, *ways in figures:
            before, after = (1e6 * time for time in seconds(ways))
            print(f"{name}: {what}: {after:.4g} µs in place of {before:.4g}", flush=True)


if __name__ == "__main__":
    main()
