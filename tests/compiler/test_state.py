"""What a compiled function changes outside of itself: variables, attributes, containers."""

import types
from collections import deque

import numpy as np
import pytest

import autograd as ag
import nn

RATE = 2.0
BIAS = np.array([1.0, 2.0])
LATEST = ag.tensor([0.0, 0.0])


def vector(*numbers):
    return ag.tensor(list(numbers))


def test_a_variable_of_the_enclosing_function_is_assigned():
    h = vector(1.0)

    @ag.compile
    def step(x):
        nonlocal h
        h = (h * x + 1).detach()
        return h * 2

    for x, wanted in ((2.0, 3.0), (3.0, 10.0), (4.0, 41.0), (1.0, 42.0)):
        assert step(vector(x)).tolist() == [2 * wanted]
        assert h.tolist() == [wanted]


def test_a_global_variable_is_assigned():
    @ag.compile
    def step(x):
        global LATEST
        LATEST = (LATEST + x).detach()

    for count in range(1, 4):
        step(vector(1.0, 2.0))
        assert LATEST.tolist() == [count, 2.0 * count]


def test_a_variable_that_did_not_exist_is_made():
    found = None
    del found

    @ag.compile
    def step(x):
        nonlocal found
        found = (x + 1).detach()

    step(vector(1.0)), step(vector(2.0))
    assert found.tolist() == [3.0]


def test_nothing_is_changed_by_the_trace_alone():
    h, count = vector(1.0), 0

    @ag.compile
    def step(x):
        nonlocal h, count
        h, count = (h * x).detach(), count + 1

    before = h
    step.trace(vector(2.0))
    assert h is before
    assert (h.tolist(), count) == ([1.0], 0)
    step(vector(2.0))
    assert (h.tolist(), count) == ([2.0], 1)


def test_a_trace_that_is_refused_leaves_everything_as_it_was():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    y = w * 2
    with pytest.raises(ag.StateError, match="history"):
        ag.compile(lambda: (w * y).sum())()
    assert isinstance(w.data, np.ndarray)
    assert w.tolist() == [1.0, 2.0]


def test_attributes_of_classes_with_slots_are_seen_and_written():
    class State:
        __slots__ = ("h", "scale")

        def __init__(self):
            self.h, self.scale = vector(1.0), 2.0

    state = State()

    @ag.compile
    def step(x):
        state.h = (state.h * x * state.scale).detach()

    step(vector(1.0)), step(vector(1.0))
    state.scale = 10.0
    step(vector(1.0))
    assert state.h.tolist() == [40.0]


def test_attributes_of_a_class_are_seen():
    class Scaled:
        scale, offset, parts = 2.0, vector(1.0), {"more": vector(0.0)}

        @property
        def rate(self):
            return RATE

        def __call__(self, x):
            return x * self.scale * self.rate + self.offset + self.parts["more"]

    scaled = Scaled()
    step = ag.compile(lambda x: scaled(x))
    assert step(vector(1.0)).tolist() == [5.0]
    Scaled.scale = 3.0
    assert step(vector(1.0)).tolist() == [7.0]
    Scaled.offset.data[...] = 2.0
    assert step(vector(1.0)).tolist() == [8.0]
    Scaled.parts["more"] = vector(5.0)
    assert step(vector(1.0)).tolist() == [13.0]


OPTIONS = types.ModuleType("options_of_somebody")
OPTIONS.shift = 0.0


def test_what_a_module_holds_is_seen():
    settings = types.ModuleType("settings_of_somebody")
    settings.scale, settings.bias = 2.0, vector(1.0)
    step = ag.compile(lambda x: x * settings.scale + settings.bias + OPTIONS.shift)
    assert step(vector(1.0)).tolist() == [3.0]
    settings.scale = 3.0
    assert step(vector(1.0)).tolist() == [4.0]
    settings.bias.data[...] = 0.0
    assert step(vector(1.0)).tolist() == [3.0]
    OPTIONS.shift = 1.0
    assert step(vector(1.0)).tolist() == [4.0]


def test_an_array_that_two_functions_read_is_one_input():
    def one(x):
        return x + BIAS

    def two(x):
        return x * BIAS

    step = ag.compile(lambda x: one(x) + two(x))
    assert step(vector(1.0, 1.0)).tolist() == [3.0, 5.0]
    BIAS[0] = 3.0
    try:
        assert step(vector(1.0, 1.0)).tolist() == [7.0, 5.0]
    finally:
        BIAS[0] = 1.0


def test_a_deque_is_a_container():
    memory = deque([vector(1.0), vector(2.0)], maxlen=2)

    @ag.compile
    def step(x):
        memory.append((memory[0] + memory[1] + x).detach())
        return memory[0] * 1

    plain = deque([1.0, 2.0], maxlen=2)
    for x in (1.0, 2.0, 3.0):
        plain.append(sum(plain) + x)
        assert step(vector(x)).tolist() == [plain[0]]
        assert [h.item() for h in memory] == list(plain)
    assert memory.maxlen == 2


def test_attributes_that_are_deleted_are_gone():
    model = nn.Linear(2, 2)
    model.cache = vector(1.0)

    @ag.compile
    def step(x):
        del model.cache
        return x * 2

    step(vector(1.0, 2.0))
    assert not hasattr(model, "cache")
