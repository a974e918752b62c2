"""Linear, activations, Flatten, Sequential: values, gradients, first values, words."""

import doctest
import importlib
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
import nn


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# --- Linear -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 4, 3), (0, 3)])
def test_linear_is_the_formula(shape):
    layer = nn.Linear(3, 2, rng=0)
    x = draw(*shape)
    expected = x @ layer.weight.data.T + layer.bias.data
    np.testing.assert_allclose(layer(ag.tensor(x)).tolist(), expected.tolist())


def test_linear_without_bias():
    layer = nn.Linear(3, 2, bias=False)
    assert layer.bias is None
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer(ag.tensor(draw(3))).shape == (2,)


def test_linear_takes_plain_arrays_and_lists():
    layer = nn.Linear(3, 2)
    for x in (draw(3), draw(4, 3)):
        assert isinstance(layer(x), ag.Tensor)
        assert layer(x.tolist()).tolist() == layer(x).tolist()


def test_the_graph_of_one_vector_is_the_lectures_formula():
    node = nn.Linear(3, 2)(ag.tensor(draw(3))).node
    assert (node.op.name, node.operands[0].op.name) == ("add", "matmul")
    assert node.operands[0].operands[0].name == "weight"


def test_linear_starts_as_pytorch_does():
    layer = nn.Linear(300, 400, rng=0)
    bound = 1 / np.sqrt(300)
    for parameter in layer.parameters():
        assert abs(parameter.data).max() <= bound
        assert abs(parameter.data).max() > 0.98 * bound
        np.testing.assert_allclose(parameter.data.std(), bound / np.sqrt(3), rtol=0.05)


def test_randomness_comes_from_the_given_or_the_seeded_generator():
    assert nn.Linear(2, 2, rng=5).weight.tolist() == nn.Linear(2, 2, rng=5).weight.tolist()
    ag.manual_seed(1)
    first = nn.Linear(2, 2).weight.tolist()
    ag.manual_seed(1)
    assert nn.Linear(2, 2).weight.tolist() == first
    rng = np.random.default_rng(1)
    assert nn.Linear(2, 2, rng=rng).weight.tolist() == first
    assert nn.Linear(2, 2, rng=rng).weight.tolist() != first


def test_dtype_is_the_given_or_the_default():
    assert nn.Linear(2, 2).weight.dtype == np.float64
    assert nn.Linear(2, 2, dtype=np.float32).bias.dtype == np.float32
    ag.set_default_dtype(np.float32)
    try:
        layer = nn.Linear(2, 2)
        assert layer(ag.tensor([1.0, 2.0])).dtype == np.float32
    finally:
        ag.set_default_dtype(np.float64)


def test_linear_in_float32_has_gradients_in_float32():
    layer = nn.Linear(3, 2, dtype=np.float32)
    layer(ag.tensor(draw(4, 3), dtype=np.float32)).sum().backward()
    assert layer.weight.grad.dtype == layer.bias.grad.dtype == np.float32


def test_linear_gradients(check_gradients):
    check_gradients(nn.Linear(3, 2, rng=0), ag.tensor(draw(2, 3), requires_grad=True))


def test_linear_explains_a_wrong_shape():
    with pytest.raises(ag.ShapeError, match=r"Linear\(2→4\) takes .* is 2, got shape \(5, 3\)"):
        nn.Linear(2, 4)(ag.tensor(draw(5, 3)))


def test_linear_without_inputs():
    layer = nn.Linear(0, 2)
    assert layer.bias.tolist() == [0.0, 0.0]
    assert layer(ag.tensor(np.ones((3, 0)))).shape == (3, 2)


# --- activations ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (nn.Tanh(), ag.tanh),
        (nn.Sigmoid(), ag.sigmoid),
        (nn.ReLU(), ag.relu),
        (nn.Softmax(0), lambda x: ag.softmax(x, 0)),
        (nn.LogSoftmax(1), lambda x: ag.log_softmax(x, 1)),
        (nn.Softmax(), lambda x: ag.softmax(x, -1)),
        (nn.Identity(3, anything=True), lambda x: x),
    ],
)
def test_activations_are_their_functions(module, function, check_gradients):
    x = ag.tensor(draw(3, 4), requires_grad=True)
    assert module(x).tolist() == function(x).tolist()
    assert list(module.parameters()) == []
    check_gradients(module, x)


def test_activations_read_well():
    assert repr(nn.Softmax(1)) == "Softmax(dim=1)"
    assert repr(nn.Identity(3)) == "Identity()"


# --- Flatten ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [((), (2, 60)), ((0,), (120,)), ((1, 2), (2, 12, 5)), ((-2,), (2, 3, 20)), ((2, 2), None)],
)
def test_flatten(arguments, expected):
    x = ag.tensor(draw(2, 3, 4, 5))
    assert nn.Flatten(*arguments)(x).shape == (expected or x.shape)


def test_flatten_of_an_empty_batch():
    assert nn.Flatten()(ag.tensor(np.ones((0, 3, 4)))).shape == (0, 12)


@pytest.mark.parametrize("arguments", [(1,), (0, 1), (-2,)])
def test_flatten_refuses_dimensions_that_do_not_exist(arguments):
    with pytest.raises(ag.ShapeError, match=r"Flatten\(start_dim=.* shape \(3,\)"):
        nn.Flatten(*arguments)(ag.tensor(draw(3)))


def test_flatten_refuses_an_end_before_the_start():
    with pytest.raises(ag.ShapeError, match="cannot flatten"):
        nn.Flatten(2, 1)(ag.tensor(draw(1, 2, 3)))


# --- Sequential -------------------------------------------------------------------------------


def test_sequential_runs_in_order(check_gradients):
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=1))
    x = ag.tensor(draw(2, 3), requires_grad=True)
    assert model(x).tolist() == model[2](ag.tanh(model[0](x))).tolist()
    check_gradients(model, x)


def test_sequential_is_a_sequence():
    layers = [nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)]
    model = nn.Sequential(*layers)
    assert len(model) == 3
    assert list(model) == layers
    assert model[-1] is layers[2]
    assert list(model[1:]) == layers[1:]
    assert [name for name, _ in model[1:].named_children()] == ["1", "2"]
    with pytest.raises(ag.IndexingError, match="Module 3 of a Sequential of 3"):
        model[3]


@pytest.mark.parametrize("kind", [dict, OrderedDict])
def test_sequential_with_names(kind):
    model = nn.Sequential(kind([("hidden", nn.Linear(2, 3)), ("activation", nn.Tanh())]))
    assert [name for name, _ in model.named_parameters()] == ["hidden.weight", "hidden.bias"]
    assert model.hidden is model[0]


def test_an_empty_sequential_is_the_identity():
    x = ag.tensor([1.0])
    assert nn.Sequential()(x) is x


@pytest.mark.parametrize("wrong", [ag.tanh, nn.Tanh, [nn.Tanh()]])
def test_sequential_explains_what_is_no_module(wrong):
    with pytest.raises(TypeError, match=r"nn\.Tanh\(\) for ag\.tanh"):
        nn.Sequential(nn.Linear(1, 1), wrong)


@pytest.mark.parametrize("name", ["a.b", "", "forward", "training", 3])
def test_sequential_refuses_names_that_cannot_be(name):
    with pytest.raises(ag.ArgumentError, match="cannot be named"):
        nn.Sequential({name: nn.Tanh()})


# --- documents --------------------------------------------------------------------------------


def with_examples():
    root = Path(nn.__file__).parent
    for path in sorted(root.rglob("*.py")):
        if ">>>" in path.read_text(encoding="utf-8"):
            parts = path.relative_to(root.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("module", list(with_examples()))
def test_examples_in_the_documents(module):
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted
    assert not result.failed
