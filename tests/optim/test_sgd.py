"""Gradient descent against stored values (PyTorch 2.13, measured), and differentiated through."""

import doctest

import numpy as np
import pytest

import autograd as ag
import nn
import optim
import optim.sgd

MEASURED = {
    "plain": ({}, [0.94, -1.8199999999999998]),
    "momentum": ({"momentum": 0.9}, [0.9048999999999999, -1.7147000000000001]),
    "dampening": ({"momentum": 0.9, "dampening": 0.5}, [0.9389, -1.8167]),
    "nesterov": ({"momentum": 0.9, "nesterov": True}, [0.8544099999999999, -1.56323]),
    "weight decay": ({"weight_decay": 1.0}, [0.9106979999999999, -1.761795]),
}


def three_steps(options):
    """From (1, −2), lr 0.01, with the gradients t·(1, −3)."""
    x = ag.tensor([1.0, -2.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=0.01, **options)
    for t in (1, 2, 3):
        optimizer.zero_grad()
        (x * [t, -3.0 * t]).sum().backward()
        optimizer.step()
    return x.tolist()


@pytest.mark.parametrize("case", MEASURED)
def test_three_steps_as_measured(case):
    options, expected = MEASURED[case]
    np.testing.assert_allclose(three_steps(options), expected, rtol=1e-14)


def test_maximize_climbs():
    up = ag.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([up], lr=0.1, maximize=True)
    (up * 2).sum().backward()
    optimizer.step()
    assert up.tolist() == [1.2]


# --- the rule as a function ---------------------------------------------------------------------


@pytest.mark.parametrize("case", MEASURED)
def test_the_rule_on_tensors_is_the_rule_on_arrays(case):
    options, _ = MEASURED[case]
    arrays = np.array([1.0, -2.0]), {}
    tensors = ag.tensor([1.0, -2.0]), {}
    for t in (1, 2, 3):
        g = t * np.array([1.0, -3.0])
        arrays = optim.sgd_update(arrays[0], g, arrays[1], lr=0.01, **options)
        tensors = optim.sgd_update(tensors[0], ag.tensor(g), tensors[1], lr=0.01, **options)
    assert isinstance(arrays[0], np.ndarray)
    assert tensors[0].tolist() == arrays[0].tolist()
    assert tensors[1].keys() == arrays[1].keys()


def test_the_rule_leaves_its_arguments_alone():
    param, grad, state = np.ones(2), np.ones(2), {"momentum_buffer": np.ones(2)}
    optim.sgd_update(param, grad, state, lr=0.1, momentum=0.9, weight_decay=0.1)
    assert param.tolist() == grad.tolist() == state["momentum_buffer"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "weight_decay": 0.1}])
def test_gradients_flow_through_an_update(options):
    def after(x, lr):
        """x² after two steps of descent on ¼ x⁴."""
        state = {}
        for _ in range(2):
            x, state = optim.sgd_update(x, x**3, state, lr=lr, **options)
        return (x * x).sum()

    x = ag.tensor([1.0, -2.0], requires_grad=True)
    lr = ag.tensor(0.1, requires_grad=True)
    assert ag.gradcheck(after, [x, lr])
    assert ag.gradgradcheck(after, [x, lr])


def test_an_update_with_recorded_gradients_by_hand():
    """d/dx of f(x − lr·f′(x)) with f = x², which is 2x(1 − 2lr)²."""
    x, lr = ag.tensor(3.0, requires_grad=True), 0.1
    (slope,) = ag.grad(x * x, x, create_graph=True)
    moved, _ = optim.sgd_update(x, slope, {}, lr=lr)
    (meta,) = ag.grad(moved * moved, x)
    np.testing.assert_allclose(meta.item(), 2 * 3 * (1 - 2 * lr) ** 2)


# --- the class ------------------------------------------------------------------------------------


def test_the_step_writes_into_the_parameter_and_makes_older_graphs_stale():
    x = ag.tensor([1.0, -2.0], requires_grad=True)
    memory = x.data
    optimizer = optim.SGD([x], lr=0.1)
    y = (x * x).sum()
    y.backward()
    optimizer.step()
    assert x.data is memory
    assert x.requires_grad
    with pytest.raises(ag.InPlaceError, match="changed in place"):
        y.backward()


def test_a_parameter_without_gradient_keeps_value_and_state():
    x, y = (ag.tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = optim.SGD([x, y], lr=0.1, momentum=0.9, weight_decay=0.1)
    x.sum().backward()
    optimizer.step()
    assert y.tolist() == [1.0]
    assert y not in optimizer.state


def test_a_zero_gradient_still_decays_and_moves():
    x = ag.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1, momentum=0.5, weight_decay=0.1)
    x.grad = ag.tensor([0.0])
    optimizer.step()
    assert x.tolist() == [0.99]
    optimizer.param_groups[0]["weight_decay"] = 0
    optimizer.step()
    np.testing.assert_allclose(x.tolist(), [0.99 - 0.1 * 0.05])


def test_the_momentum_does_not_alias_the_gradient():
    x = ag.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1, momentum=0.9)
    x.sum().backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)
    assert optimizer.state[x]["momentum_buffer"].tolist() == [1.0]


@pytest.mark.parametrize("lr", [0.1, np.float64(0.1), ag.tensor(0.1)])
def test_float32_stays_float32(lr):
    x = ag.tensor([1.0, 2.0], dtype=np.float32, requires_grad=True)
    optimizer = optim.SGD([x], lr=lr, momentum=0.9)
    for _ in range(2):
        x.sum().backward()
        optimizer.step()
    assert x.dtype == np.float32
    assert optimizer.state[x]["momentum_buffer"].dtype == np.float32


def test_a_scalar_parameter():
    x = ag.tensor(1.0, requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        (x * 1.0).backward()
        optimizer.step()
    np.testing.assert_allclose(x.item(), 1 - 0.1 - 0.19)
    assert x.shape == ()
    assert isinstance(x.data, np.ndarray)
    assert isinstance(optimizer.state[x]["momentum_buffer"], np.ndarray)


def test_a_frozen_layer_stays_as_it_is():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 1, rng=1))
    model[0].requires_grad_(False)
    before = model[0].weight.tolist()
    optimizer = optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1)
    model(ag.tensor([1.0, 2.0])).sum().backward()
    optimizer.step()
    assert model[0].weight.tolist() == before
    assert model[1].weight.grad is not None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lr": -1}, "Invalid learning rate: -1"),
        ({"momentum": -0.5}, "Invalid momentum value: -0.5"),
        ({"weight_decay": -1}, "Invalid weight_decay value: -1"),
        ({"nesterov": True}, "Nesterov momentum requires a momentum and zero dampening"),
        (
            {"nesterov": True, "momentum": 0.9, "dampening": 0.1},
            "Nesterov momentum requires a momentum and zero dampening",
        ),
    ],
)
def test_options_without_meaning_are_refused(options, words):
    x = ag.tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match=words) as caught:
        optim.SGD([x], **options)
    assert isinstance(caught.value, ag.GlassError)
    with pytest.raises(ag.RangeError, match=words):
        optim.SGD([{"params": [x], **options}])


def test_examples_in_the_documents():
    for module in (optim, optim.sgd):
        result = doctest.testmod(module)
        assert result.attempted
        assert not result.failed
