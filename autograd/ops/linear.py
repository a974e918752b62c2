"""Affine maps of one vector, and bilinear ones of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.contraction import matmul
from autograd.ops.shape import permute, reshape, transpose


@composition(
    symbol="linear",
    formula="input @ transpose(weight) + bias",
    lesson="The input gets the gradient times the weight, the weight the gradient times the "
    "input, the bias the gradient itself.",
    samples=lambda draw: [
        call(draw(2, 3), draw(4, 3), draw(4)),
        call(draw(3), draw(2, 3)),
        call(draw(2, 2, 3), draw(3), draw()),
        refuses("in_features", np.ones((2, 3)), np.ones((3, 4))),
        refuses("out_features", np.ones((2, 3)), np.ones((4, 3)), np.ones(3)),
    ],
)
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """x·Wᵀ + b (lecture A6).

    Shapes: (…, in), (out, in), (out,) → (…, out); a weight (in,) with a bias () → (…).

    Raises:
        ShapeError: the last size of the input is not that of the weight, or not one bias for
            each output.
    """
    shape, table = operand_shape(input), operand_shape(weight)
    if len(table) not in (1, 2) or not shape or shape[-1] != table[-1]:
        raise ShapeError(
            f"linear: an input of shape {shape} meets a weight of shape {table}; a weight has "
            "shape (out_features, in_features), and the last size of the input is in_features."
        )
    if bias is not None and operand_shape(bias) not in (table[:-1], (1,), ()):
        raise ShapeError(
            f"linear: the bias has one number for each of the out_features, shape {table[:-1]}; "
            f"got {operand_shape(bias)}."
        )
    product = matmul(input, transpose(weight, 0, 1) if len(table) == 2 else weight)
    return product if bias is None else product + bias


@composition(
    symbol="bilinear",
    formula="input1 @ weight @ input2 + bias",
    lesson="Each input gets the gradient times the weight times the other input.",
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 2), draw(4, 3, 2), draw(4)),
        call(draw(3), draw(2), draw(1, 3, 2)),
        refuses("(out, in1, in2)", np.ones((2, 3)), np.ones((2, 3)), np.ones((4, 3, 2))),
    ],
)
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """y_k = Σ_ij x_i·W_kij·z_j + b_k.

    Shapes: (…, in1), (…, in2), (out, in1, in2), (out,) → (…, out).

    Raises:
        ShapeError: sizes that do not fit together.
    """
    x, z, table = operand_shape(input1), operand_shape(input2), operand_shape(weight)
    if len(table) != 3 or x[:-1] != z[:-1] or (x[-1:], z[-1:]) != (table[1:2], table[2:]):
        raise ShapeError(
            f"bilinear: inputs of shapes {x} and {z} do not go with a weight of shape {table}; "
            "it has shape (out, in1, in2), and both inputs agree in all but the last size."
        )
    sides = reshape(permute(weight, (1, 0, 2)), (table[1], table[0] * table[2]))
    met = reshape(matmul(input1, sides), (*x[:-1], table[0], table[2]))
    out = reshape(matmul(met, reshape(input2, (*z, 1))), (*x[:-1], table[0]))
    return out if bias is None else out + bias
