"""The recurrent cell against its formula, and the loop that unrolls a cell."""

import numpy as np
import pytest

import autograd as ag
import nn


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def by_formula(cell, x, h, activation=np.tanh):
    w_ih, w_hh = cell.weight_ih.data, cell.weight_hh.data
    biases = 0 if cell.bias_ih is None else cell.bias_ih.data + cell.bias_hh.data
    return activation(x @ w_ih.T + h @ w_hh.T + biases)


@pytest.mark.parametrize("batch", [(), (5,), (0,)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_step_is_the_formula(batch, bias):
    cell = nn.RNNCell(4, 3, bias=bias, rng=0)
    x, h = draw(*batch, 4), draw(*batch, 3, seed=1)
    expected = by_formula(cell, x, h)
    np.testing.assert_allclose(cell(ag.tensor(x), ag.tensor(h)).tolist(), expected.tolist())
    without = by_formula(cell, x, np.zeros_like(h))
    np.testing.assert_allclose(cell(ag.tensor(x)).tolist(), without.tolist())


def test_relu_instead_of_tanh():
    cell = nn.RNNCell(4, 3, nonlinearity="relu", rng=0)
    x, h = draw(4), draw(3, seed=1)
    expected = by_formula(cell, x, h, lambda a: np.maximum(a, 0))
    np.testing.assert_allclose(cell(ag.tensor(x), ag.tensor(h)).tolist(), expected.tolist())
    assert repr(cell) == "RNNCell(4, 3, nonlinearity=relu)"


def test_names_shapes_and_first_values_are_pytorchs():
    cell = nn.RNNCell(40, 100, rng=0)
    shapes = {name: p.shape for name, p in cell.named_parameters()}
    assert shapes == {
        "weight_ih": (100, 40),
        "weight_hh": (100, 100),
        "bias_ih": (100,),
        "bias_hh": (100,),
    }
    assert all(0.09 < abs(p.data).max() <= 0.1 for p in cell.parameters())
    assert repr(nn.RNNCell(4, 3, bias=False)) == "RNNCell(4, 3, bias=False)"


def test_dtype_reaches_the_state():
    cell = nn.RNNCell(2, 3, dtype=np.float32)
    outputs, h = nn.unroll(cell, draw(4, 2).astype(np.float32))
    assert outputs.dtype == h.dtype == np.float32


def test_gradients(check_gradients):
    x, h = ag.tensor(draw(2, 4), requires_grad=True), ag.tensor(draw(2, 3), requires_grad=True)
    check_gradients(nn.RNNCell(4, 3, rng=0), x, h)


def test_gradients_of_an_unrolled_cell(check_gradients):
    class Net(nn.Module):
        def __init__(self):
            self.cell = nn.RNNCell(2, 3, rng=0)

        def forward(self, x, h):
            return nn.unroll(self.cell, x, h)

    x, h = ag.tensor(draw(3, 2), requires_grad=True), ag.tensor(draw(3), requires_grad=True)
    check_gradients(Net(), x, h)


@pytest.mark.parametrize("shape", [(5,), (2, 5), (2, 3, 4), ()])
def test_an_input_of_the_wrong_shape_is_explained(shape):
    with pytest.raises(ag.ShapeError, match=r"RNNCell\(4→3\) takes an input of shape \(4,\) or"):
        nn.RNNCell(4, 3)(ag.tensor(draw(*shape)))


@pytest.mark.parametrize("state", [(4,), (1, 3), (3,), (2, 4)])
def test_a_state_of_the_wrong_shape_is_explained(state):
    with pytest.raises(ag.ShapeError, match=r"goes with a state of shape \(2, 3\)"):
        nn.RNNCell(4, 3)(ag.tensor(draw(2, 4)), ag.tensor(draw(*state)))


def test_another_nonlinearity_is_refused():
    with pytest.raises(ValueError, match="Unknown nonlinearity 'sin'"):
        nn.RNNCell(4, 3, nonlinearity="sin")


# --- unroll -----------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [(), (2,)])
def test_unroll_is_the_loop(batch):
    cell = nn.RNNCell(4, 3, rng=0)
    x, h = draw(5, *batch, 4), draw(*batch, 3, seed=1)
    outputs, last = nn.unroll(cell, ag.tensor(x), ag.tensor(h))
    expected = []
    for step in x:
        h = by_formula(cell, step, h)
        expected.append(h)
    np.testing.assert_allclose(outputs.tolist(), np.array(expected).tolist())
    np.testing.assert_allclose(last.tolist(), h.tolist())


def test_unroll_takes_arrays_and_lists_of_steps():
    cell = nn.RNNCell(4, 3, rng=0)
    x = draw(5, 4)
    expected = nn.unroll(cell, ag.tensor(x))[0].tolist()
    assert nn.unroll(cell, x)[0].tolist() == expected
    one_by_one = nn.unroll(cell, [ag.tensor(step) for step in x])[0]
    np.testing.assert_allclose(one_by_one.tolist(), expected)


def test_a_state_of_several_parts_has_the_output_first():
    def counting(x, state):
        h, count = (x, 0) if state is None else state
        return h + x, count + 1

    outputs, (h, count) = nn.unroll(counting, ag.tensor([1.0, 2.0, 3.0]))
    assert outputs.tolist() == [2.0, 4.0, 7.0]
    assert (h.item(), count) == (7.0, 3)


def test_unroll_with_a_readout_at_each_step():
    cell, readout = nn.RNNCell(4, 3, rng=0), nn.Linear(3, 4, rng=1)
    x = ag.tensor(draw(5, 4))
    outputs, last = nn.unroll(cell, x, readout=readout)
    states, same = nn.unroll(cell, x)
    np.testing.assert_allclose(outputs.tolist(), readout(states).tolist())
    assert last.tolist() == same.tolist()


def test_each_step_is_recorded_in_its_scope():
    cell = nn.RNNCell(2, 3)
    _, last = nn.unroll(cell, ag.tensor(draw(3, 2)))
    step, inner = last.node.scope.chain()
    assert (step.name, step.step) == ("t", 3)
    assert (inner.name, inner.owner()) == ("RNNCell", cell)


def test_time_steps_count_from_one_and_inputs_are_taken_apart_once():
    x = ag.tensor(draw(4, 2), requires_grad=True)
    outputs, _ = nn.unroll(nn.RNNCell(2, 3), x)
    assert outputs.node.op.name == "stack"
    steps = [edge.node.scope.chain()[0].step for edge in outputs.node.operands]
    assert steps == [1, 2, 3, 4]


def test_a_sequence_without_steps_is_refused():
    with pytest.raises(ag.ShapeError, match="no steps"):
        nn.unroll(nn.RNNCell(2, 3), np.ones((0, 2)))


def test_memory_is_freed_without_the_cycle_collector():
    import gc
    import weakref

    cell = nn.RNNCell(2, 3)
    outputs, last = nn.unroll(cell, ag.tensor(draw(4, 2)))
    gc.disable()
    try:
        node = weakref.ref(last.node)
        del outputs, last
        assert node() is None
    finally:
        gc.enable()
