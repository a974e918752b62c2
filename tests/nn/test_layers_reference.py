"""Every case of layer_cases.py against what PyTorch said about it (reference/make_layers.py)."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from layer_agreement import agree, made
from layer_cases import CASES
from layer_reference import read

import nn

REFERENCES = read(Path(__file__).parent / "reference" / "layers.npz")
ALL = pytest.mark.parametrize("case", CASES, ids=str)


@ALL
def test_state_outputs_gradients_and_words_are_pytorchs(case):
    agree(case, REFERENCES[str(case)])


@ALL
def test_in_float32_everything_stays_float32(case):
    agree(case, REFERENCES[str(case)], np.float32, rtol=2e-4)


@ALL
def test_the_state_goes_back_as_it_came(case):
    found = REFERENCES[str(case)]
    layer = made(case)
    state = {key[6:]: array for key, array in found.items() if key.startswith("state/")}
    layer.load_state_dict(state)
    for name, tensor in layer.state_dict().items():
        assert tensor.dtype == state[name].dtype
        np.testing.assert_array_equal(tensor.numpy(), state[name])


def test_every_layer_with_a_forward_of_its_own_has_a_case():
    ours = {"Highway", "Maxout", "SumPool2d", "PositionalEncoding", "RecurrentCell"}
    parts = {"Module", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"}
    parts |= {"TransformerEncoder", "TransformerDecoder"}  # in a Transformer
    layers = {
        name
        for name, kind in vars(nn).items()
        if inspect.isclass(kind) and issubclass(kind, nn.Module)
        if kind.__module__ in MINE
    }
    assert layers - ours - parts - {"RReLU"} == {case.layer for case in CASES} - {"RReLU"}


ROOMS = """activation attention batch_norm collection container convolution dropout embedding gated
gates linear normalization padding pooling rearrangement recurrent recurrent_cells transformer
volume"""
MINE = {f"nn.{name}" for name in ROOMS.split()}


def test_the_file_is_small():
    assert (Path(__file__).parent / "reference" / "layers.npz").stat().st_size < 200_000
