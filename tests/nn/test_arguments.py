"""Arguments that are none, and what would take a parameter away, are told in words."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
import optim


@pytest.mark.parametrize(
    ("made", "error", "words"),
    [
        (lambda: nn.Linear("a", 2), ag.RangeError, "sizes are whole numbers"),
        (lambda: nn.Linear(2, None), ag.RangeError, "sizes are whole numbers"),
        (lambda: nn.BatchNorm1d("a"), ag.RangeError, "sizes are whole numbers"),
        (lambda: nn.BatchNorm1d(-1, affine=False), ag.RangeError, "sizes are whole numbers"),
        (lambda: nn.LayerNorm("a"), ag.RangeError, "sizes are whole numbers"),
        (lambda: nn.LayerNorm(2.5), ag.RangeError, "sizes are whole numbers"),
        (lambda: nn.PReLU("a"), ag.RangeError, "sizes are whole numbers"),
        (lambda: nn.PReLU(2, "a"), ag.ArgumentError, "init must be a number"),
        (lambda: nn.Embedding(-1, 2), ag.RangeError, "sizes are whole numbers"),
        (lambda: nn.Embedding(3, 2.0), ag.RangeError, "sizes are whole numbers"),
        (lambda: nn.Dropout("a"), ag.ArgumentError, "p must be a number, and not 'a'"),
        (lambda: nn.Dropout2d(None), ag.ArgumentError, "p must be a number, and not None"),
        (lambda: nn.RNN(3, 4, num_layers="x"), ag.ArgumentError, "write a whole number"),
        (lambda: nn.LSTM(3, 4, num_layers=1.5), ag.ArgumentError, "write a whole number"),
        (lambda: nn.HuberLoss(delta="a"), ag.ArgumentError, "delta must be a number"),
        (lambda: nn.SmoothL1Loss(beta=None), ag.ArgumentError, "beta must be a number"),
        (lambda: nn.ModuleList(nn.ReLU()), ag.ArgumentError, "takes modules in a list"),
        (lambda: nn.Sequential(nn.ReLU())["0"], ag.ArgumentError, "indexed by a place"),
        (lambda: nn.Linear(1, 1).load_state_dict(3), ag.ArgumentError, "as state_dict"),
        (lambda: nn.Linear(1, 1).load_state_dict(None), ag.ArgumentError, "as state_dict"),
        (lambda: nn.freeze(3), ag.ArgumentError, "takes a module, and not 3"),
        (lambda: nn.summary(3), ag.ArgumentError, "takes a module, and not 3"),
        (lambda: nn.pad_packed_sequence(ag.ones(2)), ag.ArgumentError, "pack_padded_sequence"),
        (lambda: nn.ReLU().register_forward_hook(3), ag.ArgumentError, "A hook is a function"),
        (lambda: nn.ReLU().register_forward_pre_hook(None), ag.ArgumentError, "A hook is"),
        (lambda: nn.ReLU().register_full_backward_hook("a"), ag.ArgumentError, "A hook is"),
    ],
)
def test_they_are_told(made, error, words):
    with pytest.raises(error, match=words):
        made()


def test_sizes_of_numpy():
    size = np.prod((2, 3))
    assert nn.LayerNorm(size).weight.shape == nn.LayerNorm(6).weight.shape == (6,)


def test_arguments_have_pytorchs_names():
    model = nn.ModuleDict(modules={"a": nn.Linear(1, 1)})
    assert model.load_state_dict(state_dict=model.state_dict(), strict=True) == ([], [])
    assert model.apply(fn=lambda module: None) is model
    model.register_parameter("scale", param=nn.Parameter([1.0]))
    assert list(nn.ParameterDict(parameters={"b": [1.0]})) == ["b"]
    twice = nn.Sequential(layer := nn.ReLU(), layer)
    assert len(list(twice.modules())) == 2
    assert len(list(twice.modules(remove_duplicate=False))) == 3


def test_what_stands_at_another_place_in_pytorch_is_not_taken_by_place():
    """PyTorch's fourth argument is max_norm; taken for a switch it would scale the gradient."""
    with pytest.raises(ag.ArgumentError, match="scale_grad_by_freq"):
        nn.functional.embedding(ag.tensor([0]), ag.ones(2, 3), None, 2.0)


def test_a_hook_that_is_no_function_is_not_kept():
    layer, x = nn.Linear(1, 1), ag.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    for register in (
        x.register_hook,
        x.register_post_accumulate_grad_hook,
        layer.register_forward_hook,
        optimizer.register_step_pre_hook,
        optimizer.register_step_post_hook,
    ):
        with pytest.raises(ag.ArgumentError, match="A hook is a function, and not 3"):
            register(3)
    layer(x).sum().backward()
    optimizer.step()
