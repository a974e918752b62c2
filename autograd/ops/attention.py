"""Attention: each query takes a mean of the values, weighted by how well their keys fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import ArgumentError, ShapeError
from autograd.core.node import Handle, operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.activation import softmax
from autograd.ops.comparison import where
from autograd.ops.contraction import matmul
from autograd.ops.dropout import dropout
from autograd.ops.reduction import broadcast_to
from autograd.ops.shape import reshape, transpose


@composition(
    symbol="attention",
    formula="softmax(query @ transpose(key) / sqrt(E)) @ value",
    lesson="A value gets the gradient of every query that looked at it, by its weight; queries "
    "and keys are turned so that useful values get more weight.",
    samples=lambda draw: [
        call(draw(2, 3, 4), draw(2, 3, 4), draw(2, 3, 2)),
        call(draw(3, 2), draw(3, 2), draw(3, 2), is_causal=True, scale=0.5),
        call(draw(2, 2), draw(3, 2), draw(3, 2), np.array([[True, False, True], [False] * 3])),
        call(draw(1, 4, 2, 2), draw(1, 2, 3, 2), draw(1, 2, 3, 2), draw(2, 3), enable_gqa=True),
        call(draw(2, 2), draw(3, 2), draw(3, 2), dropout_p=0.5, rng=0),
        refuses("same size E", np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 2))),
        refuses("one value for each key", np.ones((2, 3)), np.ones((2, 3)), np.ones((3, 3))),
        refuses("is_causal", *(np.ones((2, 2)),) * 3, np.ones((2, 2), bool), is_causal=True),
        refuses("2 dimensions", np.ones(2), np.ones((2, 2)), np.ones((2, 2))),
    ],
)
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
    rng: Any = None,
) -> Any:
    """softmax(Q·Kᵀ / √E)·V (Vaswani et al. 2017).

    Shapes: (…, L, E), (…, S, E), (…, S, Ev) → (…, L, Ev).

    Args:
        attn_mask: broadcasts to (…, L, S): True where a query may look, or numbers to add to
            the scores. A query that may look nowhere gets zeros.
        dropout_p: the share of weights that `dropout` takes out.
        is_causal: query i may look at keys 0 … i.
        scale: a factor instead of 1/√E.
        enable_gqa: each head of keys and values serves several heads of queries.
        rng: a generator or a seed for the dropout.

    Raises:
        ShapeError: sizes that do not fit together.
        ArgumentError: a mask together with `is_causal`.
    """
    q, k = _check(operand_shape(query), operand_shape(key), operand_shape(value))
    if is_causal and attn_mask is not None:
        raise ArgumentError(
            "Explicit attn_mask should not be set when is_causal=True: a causal mask is a mask. "
            "Put both into one."
        )
    if enable_gqa:
        key, value = _repeated(key, q[-3]), _repeated(value, q[-3])
    factor = 1 / math.sqrt(q[-1]) if scale is None else scale
    scores = matmul(query, transpose(key, -1, -2)) * factor
    if is_causal:
        attn_mask = _causal(query, q[-2], k[-2])
    weights = softmax(scores, -1) if attn_mask is None else _masked(scores, attn_mask)
    return matmul(dropout(weights, dropout_p, rng=rng), value)


def _check(
    q: tuple[int, ...], k: tuple[int, ...], v: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shapes of query and key.

    Raises:
        ShapeError: less than two dimensions, or sizes that do not fit together.
    """
    if min(len(q), len(k), len(v)) < 2:
        raise ShapeError(
            "attention: query, key and value have at least 2 dimensions (…, L, E), got shapes "
            f"{q}, {k} and {v}."
        )
    if q[-1] != k[-1]:
        raise ShapeError(
            f"attention: a query and a key are compared and have the same size E, got {q[-1]} "
            f"and {k[-1]} (shapes {q} and {k})."
        )
    if k[-2] != v[-2]:
        raise ShapeError(
            f"attention: there is one value for each key, got {k[-2]} keys and {v[-2]} values."
        )
    return q, k


def _repeated(x: Any, heads: int) -> Any:
    """Each head several times in a row: (…, H, S, E) → (…, heads, S, E).

    Raises:
        ShapeError: the heads of the queries are no multiple of these.
    """
    *lead, own, length, size = operand_shape(x)
    if heads % own:
        raise ShapeError(
            f"attention: enable_gqa shares {own} heads of keys among {heads} heads of queries, "
            "which must be a multiple."
        )
    copied = broadcast_to(
        reshape(x, (*lead, own, 1, length, size)), (*lead, own, heads // own, length, size)
    )
    return reshape(copied, (*lead, heads, length, size))


def _causal(query: Any, length: int, keys: int) -> Any:
    """True where a key comes no later than the query."""
    array = query.value if isinstance(query, Handle) else query
    rows, columns = np.arange(length, like=array), np.arange(keys, like=array)
    return rows[:, None] >= columns[None, :]


def _masked(scores: Any, mask: Any) -> Any:
    """Weights under a mask; a query that may look nowhere has none."""
    array = mask.value if isinstance(mask, Handle) else mask
    allowed = array if array.dtype.kind == "b" else array > -math.inf
    somewhere = np.any(allowed, axis=-1, keepdims=True)
    if bool(np.all(somewhere)):
        return softmax(scores + (mask if array.dtype.kind != "b" else _bars(allowed, scores)), -1)
    if array.dtype.kind != "b":
        scores = scores + where(allowed, mask, 0.0)
    return where(somewhere, softmax(where(allowed | ~somewhere, scores, -math.inf), -1), 0.0)


def _bars(allowed: Any, scores: Any) -> Any:
    """What a mask adds to scores: 0 where a query may look, else −∞, which has no gradient."""
    array = scores.value if isinstance(scores, Handle) else scores
    return np.where(allowed, 0.0, -math.inf).astype(array.dtype)
