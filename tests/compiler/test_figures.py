"""The figures in docstrings: both ways that are timed give the same numbers."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

FIGURES = importlib.import_module("measure_passes").FIGURES


def arrays(result):
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("name", FIGURES)
def test_both_ways_are_the_same(name):
    for _, one, other in FIGURES[name]():
        for a, b in zip(arrays(one()), arrays(other()), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3)  # sums of 1600 in float32
