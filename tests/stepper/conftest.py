"""Learners' programs as files, so that source lines are known."""

from __future__ import annotations

import itertools
import runpy

import pytest

CIRCUIT = """\
import autograd as ag

x = ag.tensor(-2.0, requires_grad=True, name="x")
y = ag.tensor(5.0, requires_grad=True, name="y")
z = ag.tensor(-4.0, requires_grad=True, name="z")
q = x + y
f = q * z
"""


@pytest.fixture
def program(tmp_path):
    """Runs a program from a file of its own; gives back what it defined."""
    count = itertools.count()

    def run(source, name="circuit.py"):
        folder = tmp_path / str(next(count))
        folder.mkdir()
        (folder / name).write_text(source, encoding="utf-8")
        return runpy.run_path(str(folder / name))

    return run


@pytest.fixture
def source():
    """The program of the circuit."""
    return CIRCUIT


@pytest.fixture
def circuit(program):
    """Lecture A1: f = (x + y) · z at x = −2, y = 5, z = −4."""
    return program(CIRCUIT)["f"]
