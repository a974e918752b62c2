"""The trace: roles and groups where modules come and go, seeds, several uses."""

import runpy

import pytest

import autograd as ag
from autograd.draw.tracing import trace as make_trace


class Layer:
    """As much of a module as a picture asks for."""

    def __init__(self):
        self.weight = ag.tensor(2.0, requires_grad=True, name="weight")

    def named_modules(self):
        return [("", self)]

    def named_parameters(self):
        return [("weight", self.weight)]

    def describe(self):
        return "Layer(1)"

    def __call__(self, x):
        with ag.scope("Layer", owner=self):
            return x * self.weight


def roles(trace):
    return {value.name: value.role for value in trace.values}


def test_a_module_names_its_parameters_and_its_group():
    layer = Layer()
    trace = make_trace(layer(ag.tensor(3.0, name="x")))
    assert roles(trace)["weight"] == "parameter"
    assert roles(trace)["x"] == "input"
    assert [(group.label, group.kind) for group in trace.groups] == [("Layer(1)", "module")]


def test_a_module_that_is_gone_still_had_parameters():
    y = Layer()(ag.tensor(3.0, name="x"))
    trace = make_trace(y)
    assert roles(trace)["weight"] == "parameter"
    assert [(group.label, group.kind) for group in trace.groups] == [("Layer", "module")]


def test_contributions_add_up(square):
    first, second = make_trace(square).events
    assert (first.before, first.after.data) == (None, 3.0)
    assert (second.before.data, second.after.data) == (3.0, 6.0)
    assert [first.slot, second.slot] == [0, 1]


def test_a_trace_explains_tensors_only():
    with pytest.raises(ag.ArgumentError, match=r"trace\(\) explains a tensor.*got float"):
        make_trace(1.0)


def test_elementwise_operations_are_told_from_others():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    trace = make_trace((x * 2.0).sum())
    assert [(op.name, op.elementwise) for op in trace.ops] == [("mul", True), ("sum", False)]


def test_a_time_step_that_is_entered_again_goes_on():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    for function in (ag.exp, ag.tanh):
        with ag.scope("t", step=1):
            x = function(x)
    trace = make_trace(x)
    assert [(group.label, group.step) for group in trace.groups] == [("t = 1", 1)]
    assert [op.scope for op in trace.ops] == [0, 0]


def test_a_source_that_is_no_python_any_more_gives_no_names(tmp_path):
    path = tmp_path / "changing.py"
    path.write_text("import autograd as ag\nx = ag.tensor(2.0, requires_grad=True)\ny = x * x\n")
    y = runpy.run_path(str(path))["y"]
    path.write_text("import autograd as ag\nx = ag.tensor(2.0,\ny = x * x\n")
    assert [value.name for value in make_trace(y).values] == ["v0", "v0 · v0"]
