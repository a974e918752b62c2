"""The memory plan: what lies in a buffer stays there until it was used for the last time.

A planned program is followed line by line, with the arrays that its code computes in: each block
takes a region of memory when it is made, and whatever lay there before is lost.
"""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from programs import programs
from random_trainings import SOME, training

import autograd as ag
from autograd.compiler.passes import buffers
from autograd.compiler.passes.rewriting import is_ufunc
from autograd.compiler.program import Place
from benchmarks.workload import files, load


def _goes_by_element(line):
    """Whether a call may write over what it reads: clip is a universal function within."""
    return line.run is np.ndarray.clip or (is_ufunc(line) and line.run.signature is None)


class Followed:
    """What lies where, while a program is followed.

    Attributes:
        region: of each block in a buffer, its first byte and the one behind its last.
        lost: blocks that were in a buffer, and into which something else was written.
        wrong: what should not have happened, a sentence each.
        claims: how often a buffer was taken.
    """

    def __init__(self, compiled):
        ((_, variant),) = compiled.variants
        self.arrays, self.views = variant.run.__globals__, variant.program.views
        self.region, self.lost, self.wrong, self.claims = {}, set(), [], 0
        for line in variant.program.instructions:
            self.follow(line)

    def follow(self, line):
        """One line: what it reads and changes is still there, and what it makes takes its place."""
        for block in {v.memory for v in line.inputs} | set(line.writes):
            if block in self.lost:
                self.wrong.append(f"{line.name}: {block} was written over before")
        places = {k: v.name for k, v in line.kwargs.items() if isinstance(v, Place)}
        places = {k: name for k, name in places.items() if name in self.arrays}
        if line.kind == "place":
            self.see(line)
        for key, name in places.items():
            block = line.outs[0].memory if key == "out" else -1
            self.take(block, bounds(self.arrays[name]), line)

    def see(self, line):
        """A part of a buffer is looked at; the first time, all of the buffer is taken."""
        (out,), (place,) = line.outs, line.args
        name = place.name
        while name in self.views:
            name, _ = self.views[name]
        whole, part = bounds(self.arrays[name]), bounds(self.arrays[place.name])
        if self.region.get(out.memory) != whole:
            self.take(out.memory, whole, line)
        if part[0] < whole[0] or whole[1] < part[1]:
            self.wrong.append(f"{place.name} lies outside of what it is a part of")

    def take(self, block, region, line):
        """A block lies here from now on, or (below 0) a call uses the memory as it likes."""
        self.claims += 1
        if block in self.lost or block in self.region:
            self.wrong.append(f"{line.name}: {block} is in two places")
        read = {v.memory for v in line.inputs}
        for other, (start, end) in list(self.region.items()):
            if start < region[1] and region[0] < end:
                over = _goes_by_element(line) and (start, end) == region
                if other in read and not over:
                    self.wrong.append(f"{line.name}: {other} is written over while it is read")
                del self.region[other]
                self.lost.add(other)
        if block >= 0:
            self.region[block] = region


def bounds(array):
    """The first byte of an array, and the one behind its last."""
    return np.lib.array_utils.byte_bounds(array)


@SOME
@given(programs())
def test_random_programs(program):
    compiled = ag.compile(training(program))
    with mock.patch.object(buffers, "LEAST", 2):  # the arrays of these are small
        compiled(*[ag.tensor(x, requires_grad=True) for x in program.leaves])
    assert Followed(compiled).wrong == []


@pytest.fixture
def float64_afterwards():
    yield
    ag.set_default_dtype(np.float64)


@pytest.mark.usefixtures("float64_afterwards")
@pytest.mark.parametrize("name", ["mlp", "lenet", "char_lstm", "min_char_rnn", "hvp", "hessian"])
def test_workloads(name):
    work = load(files()[name])
    inputs = work.inputs(np.random.default_rng(0))
    compiled = ag.compile(work.makers["compiled"](work.cases[0].name, **inputs))
    compiled()
    followed = Followed(compiled)
    assert followed.wrong == []
    assert followed.claims > 10


def reads_two(x):
    return ag.exp(x) * ag.sin(x).sum()


def test_a_plan_that_frees_too_early_is_found():
    x = ag.tensor(np.ones((40, 40)))
    ends_at_once = mock.patch.object(
        buffers._Planner, "_placed", placed_with_early_ends(buffers._Planner._placed)
    )
    with ends_at_once:
        broken = ag.compile(reads_two)
        broken(x)
    sound = ag.compile(reads_two)
    sound(x)
    assert Followed(sound).wrong == []
    assert Followed(broken).wrong != []


def placed_with_early_ends(placed):
    """A planner to which every buffer is free again at once."""

    def careless(self, line, index):
        made = placed(self, line, index)
        for values in self.ending.values():
            for value in values:
                self.free[buffers._kind(value)].append(self.buffer_of[value.memory])
        self.ending.clear()
        return made

    return careless
