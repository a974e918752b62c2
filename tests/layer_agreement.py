"""Whether a layer does what PyTorch said about it."""

from __future__ import annotations

from typing import Any

import numpy as np
from layer_cases import Case, flat
from layer_reference import Found

import autograd as ag
import nn

SINGLE = {"Hardsigmoid": 1e-7}
"""Where PyTorch itself computes with a number of single precision in double (its sixth)."""


def made(case: Case, dtype: Any = np.float64) -> nn.Module:
    """The layer of a case, in its mode."""
    layer: nn.Module = getattr(nn, case.layer)(*case.args, **case.kwargs)
    return layer.train(case.train).to(dtype)


def layer_words_differ(case: Case) -> bool:
    """Whether PyTorch shows a class of its own making inside: in everything with attention."""
    return "Attention" in case.layer or "Transformer" in case.layer


def parts(found: Found, kind: str) -> dict[str, np.ndarray]:
    """The arrays of one kind, by name."""
    start = kind + "/"
    return {key[len(start) :]: array for key, array in found.items() if key.startswith(start)}


def agree(case: Case, found: Found, dtype: Any = np.float64, rtol: float = 1e-9) -> None:
    """Run the layer of a case on PyTorch's state and inputs, and compare all there is.

    Raises:
        AssertionError: something differs.
    """

    def close(name: str, ours: Any, theirs: np.ndarray) -> None:
        assert ours.shape == theirs.shape, name
        assert ours.dtype == (dtype if theirs.dtype.kind == "f" else theirs.dtype), name
        np.testing.assert_allclose(ours.numpy(), theirs, rtol, atol=rtol, err_msg=name)

    rtol = max(rtol, SINGLE.get(case.layer, 0))
    layer = made(case, dtype)
    if not layer_words_differ(case):
        assert repr(layer) == found["repr"]
    assert list(layer.state_dict()) == list(parts(found, "state")), "names, or their order"
    layer.load_state_dict(parts(found, "state"))
    inputs = [_leaf(x, dtype) for x in parts(found, "input").values()]
    given = {name: _leaf(x, dtype) for name, x in parts(found, "call").items()}
    outputs = flat(layer(*inputs, **{**case.call, **given}))
    for name, theirs in parts(found, "output").items():
        close(f"output {name}", outputs[int(name)].detach(), theirs)
    leaves = {str(i): x for i, x in enumerate(inputs)} | given | dict(layer.named_parameters())
    wanted = parts(found, "grad")
    cotangent = ag.tensor(found["cotangent/0"], dtype=dtype)
    gradients = ag.grad((outputs[0] * cotangent).sum(), [leaves[name] for name in wanted])
    for (name, theirs), ours in zip(wanted.items(), gradients, strict=True):
        close(f"gradient by {name}", ours, theirs)
    state = layer.state_dict()
    for name, theirs in parts(found, "after").items():
        close(f"{name} afterwards", state[name], theirs)


def _leaf(array: np.ndarray, dtype: Any) -> ag.Tensor:
    if array.dtype.kind != "f":
        return ag.tensor(array)
    return ag.tensor(array, dtype=dtype, requires_grad=True)
