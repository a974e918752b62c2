"""The trace: roles and groups where modules come and go, seeds, several uses."""

import json
import runpy

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.draw.trace import numbers
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


def test_a_large_array_is_summed_up_in_pieces():
    values = np.random.default_rng(0).normal(2, 3, (700, 500)).astype(np.float32)
    found, turned = numbers(values), numbers(values.T)
    real = values.astype(np.float64)
    assert found.data is None
    assert found.shape == (700, 500)
    expected = (real.mean(), real.std(), np.linalg.norm(real))
    assert (found.mean, found.spread, found.norm) == pytest.approx(expected, rel=1e-12)
    assert (turned.mean, turned.spread, turned.norm) == pytest.approx(expected, rel=1e-12)


def test_a_large_array_with_an_infinity_has_no_mean():
    found = numbers(np.r_[np.zeros(200_000), np.inf, -np.inf])
    assert np.isnan(found.mean)
    assert np.isnan(found.spread)
    assert found.norm == np.inf


def test_division_by_a_plain_zero_is_shown_as_it_is():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        trace = make_trace(x / 0.0)
    assert trace.ops[0].locals[0].numbers.data == np.inf
    assert trace.events[0].contribution.data == np.inf


def test_upstream_is_what_a_hook_made_of_the_gradient():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    y = x * 3
    y.register_hook(lambda gradient: gradient * 10)
    trace = make_trace(y * 1)
    assert [event.after.data for event in trace.events] == [1.0, 30.0]
    assert [event.upstream.data for event in trace.events] == [1.0, 10.0]


def test_a_formula_is_kept_in_all_its_forms():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    (op,) = json.loads(make_trace(x / 4).to_json())["ops"]
    assert list(op)[3:6] == ["text", "latex", "mathml"]
    assert (op["text"], op["latex"]) == ("x / 4", r"\frac{x}{4}")
    assert (
        op["mathml"] == "<mrow><mfrac><mrow><mi>x</mi></mrow><mrow><mn>4</mn></mrow></mfrac></mrow>"
    )
    assert op["locals"][0]["latex"] == r"\frac{1}{4}"


def test_every_line_of_a_long_cell_is_found(tmp_path):
    lines = ["import autograd as ag", "v0 = ag.tensor(0.5, requires_grad=True)"]
    lines += [f"v{i + 1} = ag.tanh(v{i})" for i in range(300)]
    file = tmp_path / "long.py"
    file.write_text("\n".join(lines), encoding="utf-8")
    trace = make_trace(runpy.run_path(str(file))["v300"])
    assert [value.name for value in trace.values] == [f"v{i}" for i in range(301)]
    assert [op.line.line for op in trace.ops] == list(range(3, 303))


def test_a_model_that_no_longer_exists_is_missed():
    x = ag.tensor([[1.0, 2.0]], name="x")
    kept = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    loss = nn.MSELoss()(kept(x), ag.zeros(1, 3))  # which has nothing to be missed
    assert not any("no longer exist" in said for said in loss.graph().view.remarks)
    lost = nn.Sequential(nn.Linear(2, 3), nn.Tanh())(x).sum().graph().view
    assert any("keep the model in a variable" in said for said in lost.remarks)
