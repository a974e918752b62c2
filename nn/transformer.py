"""Transformer layers: attention and a network for each step, and stacks of both."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from nn import init
from nn.attention import MultiheadAttention
from nn.container import ModuleList
from nn.dropout import Dropout
from nn.linear import Linear
from nn.module import Module
from nn.normalization import LayerNorm

_ACTIVATIONS = {"relu": ag.relu, "gelu": ag.gelu}


class _Layer(Module):
    """What layers of encoder and decoder share: x + part(x), normalised after or before.

    Attributes:
        attentions: the names of its attentions, in the order of their use.
    """

    attentions: tuple[str, ...]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        self.activation, self.norm_first = _activation(activation), norm_first
        rng = None if rng is None else ag.generator(rng)
        made: dict[str, Any] = {"bias": bias, "dtype": dtype, "rng": rng}
        for name in self.attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        places = range(1, len(self.attentions) + 2)
        for place in places:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
            setattr(self, f"norm{place}", norm)
        for place in places:
            setattr(self, f"dropout{place}", Dropout(dropout, rng=rng))

    def _added(self, x: Any, place: int, part: Callable[[Any], Any]) -> Any:
        """norm(x + dropout(part(x))), or with `norm_first` x + dropout(part(norm(x)))."""
        norm, drop = getattr(self, f"norm{place}"), getattr(self, f"dropout{place}")
        if self.norm_first:
            return x + drop(part(norm(x)))
        return norm(x + drop(part(x)))

    def _network(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


def _activation(given: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
    if isinstance(given, str):
        if given not in _ACTIVATIONS:
            raise ag.RangeError(
                f"Unknown activation {given!r}: write 'relu', 'gelu' or give a function."
            )
        return _ACTIVATIONS[given]
    return given


class TransformerEncoderLayer(_Layer):
    """Attention of a sequence to itself, then a network for each step (Vaswani et al. 2017).

    x ← norm(x + attention(x)) and x ← norm(x + W₂·φ(W₁·x + b₁) + b₂); with `norm_first` each
    part reads the normalised x and is added to x as it was (Xiong et al. 2020).

    Shapes: (T, N, d_model), with `batch_first` (N, T, d_model), or (T, d_model) → the same.

    Args:
        d_model: the size of a step.
        nhead: how many heads the attention has.
        dim_feedforward: the size inside the network.
        dropout: the share that is dropped in training.
        activation: φ: ``"relu"``, ``"gelu"`` or a function.
        layer_norm_eps: the norms' eps.
        batch_first: whether the batch is the first dimension.
        norm_first: where the norms stand.
        bias: whether maps and norms have biases.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed, for parameters and dropout; the generator of
            `autograd.manual_seed` otherwise.

    Raises:
        RangeError: sizes, a probability or an activation that cannot be.

    >>> TransformerEncoderLayer(4, 2, 8, batch_first=True, rng=0)(ag.ones(5, 3, 4)).shape
    (5, 3, 4)
    """

    attentions = ("self_attn",)
    self_attn: MultiheadAttention

    def forward(
        self,
        src: Any,
        src_mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        """The sequence, each step having looked at the others; masks as `MultiheadAttention`'s.

        Raises:
            ShapeError: sizes that do not fit.
        """

        def look(x: Any) -> Any:
            masks = src_key_padding_mask, False, src_mask
            return self.self_attn(x, x, x, *masks, is_causal=is_causal)[0]

        return self._added(self._added(src, 1, look), 2, self._network)


class TransformerDecoderLayer(_Layer):
    """Attention to itself and to a memory, then a network for each step (Vaswani et al. 2017).

    Shapes: tgt (T, N, d_model), memory (S, N, d_model), or as with `TransformerEncoderLayer`,
    which has the same arguments.
    """

    attentions = ("self_attn", "multihead_attn")
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """The target sequence, having looked at itself and at the memory.

        Raises:
            ShapeError: sizes that do not fit.
        """

        def look(x: Any) -> Any:
            masks = tgt_key_padding_mask, False, tgt_mask
            return self.self_attn(x, x, x, *masks, is_causal=tgt_is_causal)[0]

        def remember(x: Any) -> Any:
            masks = memory_key_padding_mask, False, memory_mask
            return self.multihead_attn(x, memory, memory, *masks, is_causal=memory_is_causal)[0]

        seen = self._added(self._added(tgt, 1, look), 2, remember)
        return self._added(seen, 3, self._network)


# --- stacks -------------------------------------------------------------------------------


class _Stack(Module):
    """Copies of one layer, one after the other, and a norm at the end where one is given.

    The copies begin with the same values, as PyTorch's do, and share their generator.
    """

    def __init__(self, layer: Module, num_layers: int, norm: Module | None = None) -> None:
        if num_layers < 0:
            raise ag.RangeError(f"{type(self).__name__}: num_layers={num_layers} is below 0.")
        generators = [getattr(module, "rng", None) for module in layer.modules()]
        kept = {id(rng): rng for rng in generators if rng is not None}
        self.layers = ModuleList([copy.deepcopy(layer, dict(kept)) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def _normed(self, x: Any) -> Any:
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    """Several encoder layers, one after the other.

    Args:
        encoder_layer: the layer to copy.
        num_layers: how often.
        norm: a module for the output of the last one.
        enable_nested_tensor, mask_check: accepted for PyTorch's sake; nothing changes.

    >>> encoder = TransformerEncoder(TransformerEncoderLayer(4, 2, 8, rng=0), 2)
    >>> encoder(ag.ones(5, 3, 4)).shape
    (5, 3, 4)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)

    def forward(
        self,
        src: Any,
        mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool | None = None,
    ) -> Any:
        """The sequence after all layers; masks as `MultiheadAttention`'s."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, bool(is_causal))
        return self._normed(src)


class TransformerDecoder(_Stack):
    """Several decoder layers, one after the other.

    Args:
        decoder_layer: the layer to copy.
        num_layers: how often.
        norm: a module for the output of the last one.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """The target sequence after all layers."""
        padding = tgt_key_padding_mask, memory_key_padding_mask
        causal = bool(tgt_is_causal), memory_is_causal
        for layer in self.layers:
            tgt = layer(tgt, memory, tgt_mask, memory_mask, *padding, *causal)
        return self._normed(tgt)


class Transformer(Module):
    """Encoder and decoder: sequence to sequence without recurrence (Vaswani et al. 2017).

    Shapes: src (S, N, d_model), tgt (T, N, d_model) → (T, N, d_model); `batch_first` as
    elsewhere. Weights start by Glorot & Bengio (2010), uniform.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
        norm_first, bias, dtype, rng: as `TransformerEncoderLayer`.
        num_encoder_layers, num_decoder_layers: how many layers.
        custom_encoder, custom_decoder: modules to use instead.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        rng = None if rng is None else ag.generator(rng)
        sizes = d_model, nhead, dim_feedforward, dropout, activation
        how = layer_norm_eps, batch_first, norm_first, bias

        def stack(kind: Any, layer: Any, count: int) -> Module:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
            made: Module = kind(layer(*sizes, *how, dtype=dtype, rng=rng), count, norm)
            return made

        self.encoder = custom_encoder or stack(
            TransformerEncoder, TransformerEncoderLayer, num_encoder_layers
        )
        self.decoder = custom_decoder or stack(
            TransformerDecoder, TransformerDecoderLayer, num_decoder_layers
        )
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter, rng=rng)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """The target sequence, having looked at itself and at the encoded source."""
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        masks = tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask
        return self.decoder(tgt, memory, *masks, tgt_is_causal, memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, *, dtype: Any = None) -> ag.Tensor:
        """A mask to add: −∞ where a step would look at a later one, else 0, (sz, sz)."""
        mask = np.triu(np.full((sz, sz), -math.inf), 1)
        return ag.tensor(mask, dtype=dtype or ag.get_default_dtype())
