"""Names that PyTorch's users type: nn.functional, nn.utils, isinstance with nn.Parameter."""

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F


def test_a_parameter_is_a_tensor_that_isinstance_knows():
    layer = nn.Linear(2, 3)
    frozen = nn.Parameter([1.0], requires_grad=False)
    assert isinstance(layer.weight, nn.Parameter)
    assert isinstance(frozen, nn.Parameter)
    assert type(frozen) is ag.Tensor
    for other in (ag.tensor(1.0), layer.weight * 2, np.ones(2), None):
        assert not isinstance(other, nn.Parameter)


def test_functions_are_autograds():
    names = [name for name in vars(F) if not name.startswith("_")]
    assert len(names) > 80
    assert all(getattr(F, name) is getattr(ag, name) for name in names)


def test_parameters_as_one_vector_and_back():
    model = nn.Linear(2, 3, rng=0)
    vector = nn.utils.parameters_to_vector(model.parameters())
    (gradient,) = ag.grad((vector * vector).sum(), model.bias)
    assert gradient.tolist() == (2 * model.bias).tolist()
    nn.utils.vector_to_parameters(vector * 2, model.parameters())
    assert model.weight.reshape(-1).tolist() == (2 * vector[:6]).tolist()
    with pytest.raises(ag.ShapeError, match=r"9 elements.*\(8,\)"):
        nn.utils.vector_to_parameters(vector[1:], model.parameters())


def test_what_lives_in_optim_is_said():
    with pytest.raises(ag.UnknownNameError, match=r"write optim\.clip_grad_norm_\."):
        nn.utils.clip_grad_norm_(None, 1.0)
    with pytest.raises(AttributeError, match=r"nn\.utils has no 'anything'"):
        nn.utils.anything  # noqa: B018


def test_sequences_of_different_lengths():
    assert nn.utils.rnn.pad_sequence is nn.pad_sequence
