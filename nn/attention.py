"""Attention with several heads, and the places of a sequence as waves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from nn import init
from nn.linear import Linear
from nn.module import Module, with_shape
from nn.parameter import Parameter


class MultiheadAttention(Module):
    """Several attentions side by side, each in a subspace of its own (Vaswani et al. 2017).

    head_h = softmax(Q_h·K_hᵀ / √d)·V_h and out = W_out·[head_1; …] + b, where Q, K, V are
    linear maps of query, key and value, d = embed_dim / num_heads.

    Shapes: query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim), with `batch_first`
    (N, L, …), without N for a single example → out as the query, weights (N, L, S).

    Args:
        embed_dim: the size of queries and outputs.
        num_heads: how many heads share it.
        dropout: the share of weights that is dropped in training.
        bias: whether the linear maps have biases.
        add_bias_kv: append a learned key and value to each sequence.
        add_zero_attn: append a key and a value of zeros.
        kdim, vdim: the sizes of keys and values; embed_dim where they are None.
        batch_first: whether the batch is the first dimension.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed, for the parameters and the dropout; the generator of
            `autograd.manual_seed` otherwise.

    Attributes:
        in_proj_weight: the maps of Q, K and V one below the other, (3·embed_dim, embed_dim);
            or with sizes of their own q_proj_weight, k_proj_weight and v_proj_weight.
        in_proj_bias: shape (3·embed_dim,), or None.
        out_proj: a `Linear`.
        bias_k, bias_v: shape (1, 1, embed_dim), or None.

    Raises:
        RangeError: embed_dim is no multiple of num_heads, or no dropout probability.

    >>> attend = MultiheadAttention(4, 2, batch_first=True, rng=0)
    >>> out, weights = attend(*3 * [ag.ones(5, 3, 4)])
    >>> out.shape, weights.shape
    ((5, 3, 4), (5, 3, 3))
    """

    q_proj_weight: ag.Tensor | None
    k_proj_weight: ag.Tensor | None
    v_proj_weight: ag.Tensor | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self.add_zero_attn, self.batch_first = add_zero_attn, batch_first
        self._check_arguments()
        self.head_dim = embed_dim // num_heads
        self.rng = None if rng is None else ag.generator(rng)
        self._draw_maps(dtype or ag.get_default_dtype())
        zeros = np.zeros(3 * embed_dim, dtype or ag.get_default_dtype())
        self.in_proj_bias = Parameter(zeros, name="in_proj_bias") if bias else None
        self._draw_extra(add_bias_kv, dtype or ag.get_default_dtype())
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype, rng=self.rng)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def _check_arguments(self) -> None:
        whole = isinstance(self.embed_dim, int) and isinstance(self.num_heads, int)
        if not whole or self.num_heads < 1 or self.embed_dim < 1 or self.embed_dim % self.num_heads:
            raise ag.RangeError(
                f"MultiheadAttention: embed_dim={self.embed_dim} is shared equally among "
                f"num_heads={self.num_heads}, so it must be a multiple of it."
            )
        if not 0 <= self.dropout <= 1:
            raise ag.RangeError(
                f"MultiheadAttention: dropout is a share between 0 and 1, got {self.dropout}."
            )

    def _draw_maps(self, dtype: Any) -> None:
        size, shared = self.embed_dim, self.kdim == self.embed_dim == self.vdim
        separate = {"q_proj_weight": size, "k_proj_weight": self.kdim, "v_proj_weight": self.vdim}
        for name in ("q_proj_weight", "k_proj_weight", "v_proj_weight"):
            setattr(self, name, None if shared else self._xavier(name, size, separate[name], dtype))
        stacked = (3 * size, size)
        self.in_proj_weight = self._xavier("in_proj_weight", *stacked, dtype) if shared else None

    def _xavier(self, name: str, rows: int, columns: int, dtype: Any) -> ag.Tensor:
        blank = Parameter(np.zeros((rows, columns), dtype), name=name)
        return init.xavier_uniform_(blank, rng=self.rng)

    def _draw_extra(self, wanted: bool, dtype: Any) -> None:
        self.bias_k = self.bias_v = None
        if wanted:
            for name in ("bias_k", "bias_v"):
                blank = Parameter(np.zeros((1, 1, self.embed_dim), dtype), name=name)
                setattr(self, name, init.xavier_normal_(blank, rng=self.rng))

    # --- forward --------------------------------------------------------------------------

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """The outputs, and the weights where they are needed.

        Args:
            query, key, value: see the shapes above.
            key_padding_mask: (N, S), True where a key is padding; or numbers that are added.
            need_weights: whether to return the weights too, else None.
            attn_mask: (L, S) or (N·heads, L, S), True where a query may *not* look; or numbers
                that are added to the scores.
            average_attn_weights: weights as the mean over heads, else (N, heads, L, S).
            is_causal: query i may look at keys 0 … i; where there is an `attn_mask`, it is
                taken to say so itself. A query that may look nowhere gets NaN, and zeros
                without weights, as in PyTorch.

        Raises:
            ShapeError: sizes that do not fit together.
        """
        query, key, value = (with_shape(x) for x in (query, key, value))
        shapes = [tuple(x.shape) for x in (query, key, value)]
        self._check_inputs(*shapes)
        batched = len(shapes[0]) == 3
        q, k, v = self._projected(*(self._inside(x, batched) for x in (query, key, value)))
        k, v = self._extended(k, v)
        q, k, v = (self._heads(x) for x in (q, k, v))
        mask = _Masks(self, q, k).merged(attn_mask, key_padding_mask, is_causal)
        out, weights = self._attended(q, k, v, mask, need_weights)
        out = ag.reshape(ag.transpose(out, 1, 2), (q.shape[0], q.shape[2], self.embed_dim))
        out = self._outside(self.out_proj(out), batched)
        if weights is None:
            return out, None
        weights = ag.mean(weights, 1) if average_attn_weights else weights
        return out, weights if batched else ag.squeeze(weights, 0)

    def _inside(self, x: Any, batched: bool) -> Any:
        """As (N, L, size)."""
        if not batched:
            return ag.unsqueeze(x, 0)
        return x if self.batch_first else ag.transpose(x, 0, 1)

    def _outside(self, x: Any, batched: bool) -> Any:
        if not batched:
            return ag.squeeze(x, 0)
        return x if self.batch_first else ag.transpose(x, 0, 1)

    def _projected(self, q: Any, k: Any, v: Any) -> Any:
        size, none = self.embed_dim, (None, None, None)
        maps: Any = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        if self.in_proj_weight is not None:
            maps = ag.split(self.in_proj_weight, size)
        biases = none if self.in_proj_bias is None else ag.split(self.in_proj_bias, size)
        return (ag.linear(x, w, b) for x, w, b in zip((q, k, v), maps, biases, strict=True))

    def _extended(self, k: Any, v: Any) -> tuple[Any, Any]:
        """Keys and values with those that were asked for at the end."""
        shape = (k.shape[0], 1, self.embed_dim)
        if self.bias_k is not None and self.bias_v is not None:
            k = ag.cat([k, ag.broadcast_to(self.bias_k, shape)], 1)
            v = ag.cat([v, ag.broadcast_to(self.bias_v, shape)], 1)
        if self.add_zero_attn:
            zeros = np.zeros_like(k.data, shape=shape)
            k, v = ag.cat([k, zeros], 1), ag.cat([v, zeros], 1)
        return k, v

    def _heads(self, x: Any) -> Any:
        """(N, L, embed_dim) → (N, heads, L, head_dim)."""
        parts = ag.reshape(x, (*x.shape[:2], self.num_heads, self.head_dim))
        return ag.transpose(parts, 1, 2)

    def _attended(self, q: Any, k: Any, v: Any, mask: Any, need_weights: bool) -> tuple[Any, Any]:
        p = self.dropout if self.training else 0.0
        if not need_weights:
            return ag.scaled_dot_product_attention(q, k, v, mask, p, rng=self.rng), None
        scores = ag.matmul(q, ag.transpose(k, -1, -2)) / math.sqrt(self.head_dim)
        weights = ag.softmax(scores if mask is None else scores + mask, -1)
        weights = ag.dropout(weights, p, rng=self.rng)
        return ag.matmul(weights, v), weights

    def _check_inputs(self, q: tuple[int, ...], k: tuple[int, ...], v: tuple[int, ...]) -> None:
        sizes = self.embed_dim, self.kdim, self.vdim
        rank = len(q) in (2, 3) and len(q) == len(k) == len(v)
        if not rank or (q[-1:], k[-1:], v[-1:]) != tuple((size,) for size in sizes):
            raise ag.ShapeError(
                f"{self.describe()} takes query, key and value whose last sizes are "
                f"{', '.join(map(str, sizes))}, all with a batch or all without; got shapes "
                f"{q}, {k} and {v}."
            )
        batch = 0 if self.batch_first else 1
        if k[:-1] != v[:-1] or (len(q) == 3 and q[batch] != k[batch]):
            raise ag.ShapeError(
                f"{self.describe()}: each key has its value, and all have one batch size; got "
                f"shapes {q}, {k} and {v}."
            )

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}"

    def describe(self) -> str:
        """``MultiheadAttention(8, 2 heads)``."""
        return f"{type(self).__name__}({self.embed_dim}, {self.num_heads} heads)"


class _Masks:
    """Masks of several kinds as one that is added to scores (N, heads, L, S)."""

    def __init__(self, owner: MultiheadAttention, q: Any, k: Any) -> None:
        self.owner, self.like = owner, q.data
        self.extra = (owner.bias_k is not None) + owner.add_zero_attn
        self.batch, self.heads, self.queries = q.shape[:3]
        self.keys = k.shape[2] - self.extra

    def merged(self, attn_mask: Any, key_padding_mask: Any, is_causal: bool) -> Any:
        """All of them together, or None; appended keys are open to every query."""
        found = []
        if attn_mask is not None:
            found.append(self._of_pairs(self._added("attn_mask", attn_mask)))
        elif is_causal:
            found.append(self._added("", np.tri(self.queries, self.keys, dtype=bool) == 0))
        if key_padding_mask is not None:
            found.append(self._of_keys(self._added("key_padding_mask", key_padding_mask)))
        if not found:
            return None
        mask = found[0] if len(found) == 1 else found[0] + found[1]
        return ag.pad(mask, (0, self.extra)) if self.extra else mask

    def _added(self, name: str, mask: Any) -> Any:
        """A mask as numbers: −∞ where a boolean one says True.

        Raises:
            DTypeError: whole numbers, which could mean either.
        """
        array = mask.data if isinstance(mask, ag.Tensor) else np.asarray(mask)
        if array.dtype.kind == "b":
            return ag.tensor(np.where(array, -math.inf, 0.0), dtype=self.like.dtype)
        if array.dtype.kind != "f":
            raise ag.DTypeError(
                f"{name} is of booleans (True: not looked at) or of floats that are added to the "
                f"scores, got {array.dtype}."
            )
        return mask if isinstance(mask, ag.Tensor) else ag.tensor(array, dtype=self.like.dtype)

    def _of_pairs(self, mask: Any) -> Any:
        pairs, whole = (self.queries, self.keys), self.batch * self.heads
        if mask.shape == (whole, *pairs):
            return ag.reshape(mask, (self.batch, self.heads, *pairs))
        if mask.shape != pairs:
            raise ag.ShapeError(
                f"{self.owner.describe()}: attn_mask has shape {mask.shape}, and {pairs} or "
                f"{(whole, *pairs)} fits: queries and keys, for all or for each head."
            )
        return mask

    def _of_keys(self, mask: Any) -> Any:
        wanted = (self.batch, self.keys)
        if mask.shape != wanted and (self.batch > 1 or mask.shape != wanted[1:]):
            raise ag.ShapeError(
                f"{self.owner.describe()}: key_padding_mask has shape {mask.shape}, and {wanted} "
                "fits: batch and keys."
            )
        return ag.reshape(mask, (self.batch, 1, 1, self.keys))


# --- where in the sequence ----------------------------------------------------------------


def sinusoidal_encoding(length: int, d_model: int, *, dtype: Any = None) -> ag.Tensor:
    """Each place of a sequence as waves of different lengths, (length, d_model).

    PE[t, 2i] = sin(t / 10000^(2i/d)), PE[t, 2i+1] = cos(t / 10000^(2i/d)) (Vaswani et al. 2017).

    Args:
        length: how many places.
        d_model: d, how many numbers for each.
        dtype: of the result; the default float type otherwise.

    >>> sinusoidal_encoding(2, 2).tolist()[0]
    [0.0, 1.0]
    """
    places = np.arange(length)[:, None]
    angles = places / 10000.0 ** (np.arange(0, d_model, 2) / d_model)
    waves = np.stack([np.sin(angles), np.cos(angles)], -1).reshape(length, -1)[:, :d_model]
    return ag.tensor(waves, dtype=dtype or ag.get_default_dtype())


class PositionalEncoding(Module):
    """x + PE: adds to each step of a sequence where it stands (Vaswani et al. 2017).

    Shapes: (T, N, d_model), with `batch_first` (N, T, d_model), or (T, d_model) → the same.

    Args:
        d_model: the size of a step.
        dropout: the share of the sum that is dropped in training.
        batch_first: whether the batch is the first dimension.
        rng: a generator or a seed for the dropout; that of `autograd.manual_seed` otherwise.
    """

    def __init__(
        self, d_model: int, dropout: float = 0.0, batch_first: bool = False, *, rng: Any = None
    ) -> None:
        self.d_model, self.dropout, self.batch_first = d_model, dropout, batch_first
        self.rng = None if rng is None else ag.generator(rng)

    def forward(self, input: Any) -> Any:
        """x + PE, and the dropout.

        Raises:
            ShapeError: no sequence of steps of size d_model.
        """
        input = with_shape(input)
        shape = tuple(input.shape)
        if len(shape) not in (2, 3) or shape[-1] != self.d_model:
            raise ag.ShapeError(
                f"{self.describe()} takes a sequence whose steps have size {self.d_model}, got "
                f"shape {shape}."
            )
        first = len(shape) == 3 and not self.batch_first
        waves = sinusoidal_encoding(shape[0 if len(shape) == 2 or first else 1], self.d_model)
        waves = waves.to(input.dtype)
        summed = input + (ag.unsqueeze(waves, 1) if first else waves)
        return ag.dropout(summed, self.dropout, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"{self.d_model}, dropout={self.dropout}, batch_first={self.batch_first}"
