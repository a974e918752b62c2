"""Layers with arguments and inputs, on which PyTorch and this package must agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Ints:
    """Random whole numbers below `high`."""

    high: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Given:
    """Whole numbers that a case needs to be as they are."""

    values: Any


@dataclass(frozen=True)
class Normal:
    """Random numbers for a keyword argument of forward."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """A layer and how it is called.

    Attributes:
        layer: the class, by name.
        args, kwargs: for the class.
        inputs: shapes of random inputs, or whole numbers.
        call: keyword arguments of forward.
        train: in training mode, or in evaluation.
    """

    layer: str
    args: tuple[Any, ...]
    inputs: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    call: dict[str, Any] = field(default_factory=dict)
    train: bool = True

    def __str__(self) -> str:
        options = [f"{name}={value}" for name, value in {**self.kwargs, **self.call}.items()]
        shapes = [str(i) for i in self.inputs if isinstance(i, tuple)]
        mode = [] if self.train else ["eval"]
        return (
            f"{self.layer}({', '.join([*map(str, self.args), *options])}) {' '.join(shapes + mode)}"
        )


def case(
    layer: str, *args: Any, on: Any, call: Any = None, train: bool = True, **kwargs: Any
) -> Case:
    inputs = on if isinstance(on, list) else [on]
    return Case(layer, args, tuple(inputs), kwargs, call or {}, train)


def inputs_of(case: Case, rng: np.random.Generator) -> list[np.ndarray]:
    """Arrays for a case; numbers of three decimals, which pack well."""
    return [_input(spec, rng) for spec in case.inputs]


def _input(spec: Any, rng: np.random.Generator) -> np.ndarray:
    if isinstance(spec, Ints):
        return rng.integers(spec.high, size=spec.shape)
    if isinstance(spec, Given):
        return np.array(spec.values, np.int64)
    return decimals(rng, spec)


def flat(outputs: Any) -> list[Any]:
    """The tensors of nested tuples, in order; None is left out."""
    if isinstance(outputs, tuple):
        return [tensor for part in outputs for tensor in flat(part)]
    return [] if outputs is None else [outputs]


def decimals(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Normal numbers of three decimals."""
    return np.round(rng.normal(size=shape), 3)


LINEAR = [
    case("Linear", 3, 2, on=(4, 3)),
    case("Linear", 3, 2, on=(2, 2, 3), bias=False),
    case("Bilinear", 2, 3, 2, on=[(4, 2), (4, 3)]),
    case("Bilinear", 2, 1, 3, on=[(2,), (1,)], bias=False),
    case("Identity", 4, on=(3,)),
    case("Flatten", on=(2, 2, 3)),
    case("Flatten", 0, 1, on=(2, 2, 3)),
    case("Unflatten", 1, (2, 3), on=(2, 6)),
]

CONVOLUTIONS = [
    case("Conv1d", 2, 3, 3, on=(2, 2, 6)),
    case("Conv1d", 2, 2, 2, on=(2, 7), stride=2, padding=1),
    case("Conv1d", 2, 2, 4, on=(1, 2, 5), padding="same", padding_mode="reflect"),
    case("Conv1d", 2, 4, 3, on=(1, 2, 7), padding="valid", groups=2, bias=False),
    case("Conv1d", 1, 2, 2, on=(1, 1, 6), padding=2, padding_mode="circular", dilation=2),
    case("Conv2d", 2, 3, 3, on=(2, 2, 4, 5)),
    case("Conv2d", 1, 2, (3, 2), on=(1, 5, 6), stride=(2, 1), padding=(1, 0)),
    case("Conv2d", 4, 4, 2, on=(1, 4, 4, 4), groups=2, dilation=2, bias=False),
    case("Conv2d", 2, 2, 2, on=(1, 2, 3, 3), padding="same"),
    case("Conv2d", 1, 2, 3, on=(1, 1, 4, 4), padding=1, padding_mode="reflect"),
    case("Conv2d", 1, 2, 3, on=(1, 1, 3, 4), padding=(2, 1), padding_mode="replicate"),
    case("Conv2d", 1, 2, (2, 3), on=(1, 1, 3, 4), padding="same", padding_mode="circular"),
    case("Conv2d", 2, 3, 2, on=(0, 2, 3, 3)),
    case("ConvTranspose1d", 2, 3, 3, on=(2, 2, 4)),
    case("ConvTranspose1d", 2, 4, 3, 2, 1, 1, 2, on=(2, 4)),
    case("ConvTranspose1d", 1, 2, 2, 3, on=(1, 1, 3), call={"output_size": (10,)}),
    case("ConvTranspose2d", 2, 3, 2, on=(1, 2, 2, 3)),
    case("ConvTranspose2d", 4, 2, 3, on=(1, 4, 2, 2), stride=2, padding=1, groups=2, bias=False),
    case("ConvTranspose2d", 1, 2, (2, 3), on=(1, 2, 2), stride=2, dilation=2, output_padding=1),
    case("ConvTranspose2d", 1, 1, 3, 2, 1, on=(1, 1, 3, 3), call={"output_size": (6, 5)}),
]

_PLACES = Given([[[[0, 3], [9, 15]]]])

POOLS = [
    case("MaxPool1d", 2, on=(2, 2, 6)),
    case("MaxPool1d", 3, on=(2, 7), stride=2, padding=1, ceil_mode=True),
    case("MaxPool1d", 2, on=(1, 1, 6), dilation=2, stride=1, return_indices=True),
    case("MaxPool2d", 2, on=(1, 2, 4, 4)),
    case("MaxPool2d", (3, 2), on=(2, 5, 5), stride=2, padding=(1, 0), ceil_mode=True),
    case("MaxPool2d", 2, on=(1, 2, 4, 4), return_indices=True),
    case("MaxPool2d", 3, 1, on=(1, 1, 4, 4)),
    case("AvgPool1d", 2, on=(2, 2, 6)),
    case("AvgPool1d", 3, on=(2, 6), stride=2, padding=1, ceil_mode=True),
    case("AvgPool1d", 3, on=(1, 1, 5), padding=1, count_include_pad=False),
    case("AvgPool2d", 2, on=(1, 2, 4, 4)),
    case("AvgPool2d", (2, 3), on=(1, 4, 5), stride=1, padding=(1, 1), count_include_pad=False),
    case("AvgPool2d", 2, on=(1, 1, 3, 3), ceil_mode=True, divisor_override=3),
    case("LPPool1d", 2, 3, on=(1, 2, 7), stride=2),
    case("LPPool1d", 1, 2, on=(1, 2, 6)),
    case("LPPool2d", 2, 2, on=(1, 1, 5, 5), ceil_mode=True),
    case("AdaptiveAvgPool1d", 3, on=(2, 2, 5)),
    case("AdaptiveAvgPool2d", (2, 3), on=(1, 2, 3, 5)),
    case("AdaptiveAvgPool2d", (None, 1), on=(2, 3, 4)),
    case("AdaptiveMaxPool1d", 3, on=(1, 2, 5), return_indices=True),
    case("AdaptiveMaxPool2d", 2, on=(1, 2, 3, 5), return_indices=True),
    case("AdaptiveMaxPool2d", (2, None), on=(2, 4, 3)),
    case("MaxUnpool1d", 2, on=[(1, 1, 2), Given([[[1, 2]]])]),
    case("MaxUnpool2d", 2, on=[(1, 1, 2, 2), _PLACES]),
    case("MaxUnpool2d", 2, on=[(1, 1, 2, 2), _PLACES], call={"output_size": (5, 4)}),
]

NORMS = [
    case("BatchNorm1d", 3, on=(4, 3)),
    case("BatchNorm1d", 2, on=(2, 2, 3), eps=0.1, momentum=0.3),
    case("BatchNorm1d", 2, on=(3, 2), train=False),
    case("BatchNorm1d", 2, on=(3, 2), track_running_stats=False, train=False),
    case("BatchNorm2d", 2, on=(2, 2, 3, 2)),
    case("BatchNorm2d", 2, on=(2, 2, 3, 2), momentum=None),
    case("BatchNorm2d", 2, on=(2, 2, 2, 2), affine=False, train=False),
    case("BatchNorm2d", 2, on=(1, 2, 2, 2), bias=False),
    case("InstanceNorm1d", 2, on=(2, 2, 4)),
    case("InstanceNorm1d", 2, on=(2, 4), affine=True),
    case("InstanceNorm2d", 2, on=(2, 2, 2, 3), affine=True, track_running_stats=True),
    case("InstanceNorm2d", 2, on=(2, 2, 2, 3), track_running_stats=True, train=False),
    case("LayerNorm", 4, on=(3, 4)),
    case("LayerNorm", (2, 3), on=(2, 2, 3), eps=0.1, bias=False),
    case("LayerNorm", [3], on=(2, 3), elementwise_affine=False),
    case("GroupNorm", 2, 4, on=(2, 4, 3)),
    case("GroupNorm", 1, 3, on=(2, 3), affine=False),
    case("RMSNorm", 4, on=(3, 4)),
    case("RMSNorm", (2, 3), on=(2, 2, 3), eps=0.1, elementwise_affine=False),
    case("LocalResponseNorm", 3, on=(2, 4, 3)),
    case("LocalResponseNorm", 2, on=(1, 3, 2, 2), alpha=0.5, beta=0.6, k=2.0),
]

_BAG = {"offsets": Given([0, 2, 2])}

TABLES = [
    case("Embedding", 5, 3, on=Ints(5, (2, 4))),
    case("Embedding", 5, 3, on=Ints(5, (6,)), padding_idx=-2, scale_grad_by_freq=True),
    case("Embedding", 5, 3, on=Given([0, 1, 1]), max_norm=0.5),
    case("Embedding", 5, 3, on=Given([[4, 2]]), max_norm=1.0, norm_type=1.0),
    case("EmbeddingBag", 5, 3, on=Ints(5, (2, 4))),
    case("EmbeddingBag", 5, 3, on=Ints(5, (5,)), call=_BAG, mode="sum"),
    case("EmbeddingBag", 5, 3, on=Given([4, 0, 3, 2, 1]), call=_BAG, mode="max"),
    case("EmbeddingBag", 5, 3, on=Given([[1, 2], [2, 2]]), mode="mean", padding_idx=2),
    case(
        "EmbeddingBag",
        5,
        3,
        on=Ints(5, (5,)),
        call={"offsets": Given([0, 3, 5])},
        include_last_offset=True,
    ),
    case(
        "EmbeddingBag",
        5,
        3,
        on=Ints(5, (2, 2)),
        call={"per_sample_weights": Normal((2, 2))},
        mode="sum",
    ),
    case("EmbeddingBag", 5, 3, on=Given([[1, 3]]), mode="sum", max_norm=0.7),
]

_X = (3, 4)

ACTIVATIONS = [
    case("ReLU", on=_X),
    case("ReLU", on=_X, inplace=True),
    case("ReLU6", on=_X),
    case("LeakyReLU", 0.1, on=_X),
    case("LeakyReLU", on=_X, inplace=True),
    case("PReLU", on=_X),
    case("PReLU", 4, on=(2, 4, 2), init=0.1),
    case("RReLU", on=_X, train=False),
    case("ELU", on=_X),
    case("ELU", 0.5, True, on=_X),
    case("CELU", 2.0, on=_X),
    case("SELU", on=_X),
    case("GELU", on=_X),
    case("GELU", "tanh", on=_X),
    case("SiLU", on=_X),
    case("Mish", on=_X),
    case("Hardtanh", on=_X),
    case("Hardtanh", -0.5, 0.25, on=_X),
    case("Hardsigmoid", on=_X),
    case("Hardswish", on=_X),
    case("Softplus", on=_X),
    case("Softplus", 3.0, 1.0, on=_X),
    case("Softsign", on=_X),
    case("Softshrink", 0.3, on=_X),
    case("Hardshrink", on=_X),
    case("Tanhshrink", on=_X),
    case("LogSigmoid", on=_X),
    case("Threshold", 0.1, 20.0, on=_X),
    case("GLU", on=_X),
    case("GLU", 0, on=(4, 2)),
    case("Softmin", 1, on=_X),
    case("Softmax", 0, on=_X),
    case("Softmax2d", on=(2, 3, 1, 2)),
    case("LogSoftmax", -1, on=_X),
    case("Tanh", on=_X),
    case("Sigmoid", on=_X),
]

OTHERS = [
    case("Dropout", 0.5, on=_X, train=False),
    case("Dropout", 1.0, on=_X),
    case("Dropout1d", 0.2, on=(2, 2, 3), train=False),
    case("Dropout2d", 0.2, True, on=(2, 2, 3, 1), train=False),
    case("AlphaDropout", 0.2, on=_X, train=False),
    case("ZeroPad1d", 2, on=(1, 2)),
    case("ZeroPad2d", (1, 0, -1, 2), on=(1, 2, 2)),
    case("ConstantPad1d", (1, 2), 3.5, on=(1, 2, 2)),
    case("ConstantPad2d", 1, -1.5, on=(1, 2, 2)),
    case("ReflectionPad1d", 2, on=(1, 4)),
    case("ReflectionPad2d", (1, 0, 2, 1), on=(1, 3, 3)),
    case("ReplicationPad1d", (3, 1), on=(1, 2, 2)),
    case("ReplicationPad2d", 1, on=(1, 1, 2, 2)),
    case("CircularPad1d", (1, 2), on=(1, 1, 3)),
    case("CircularPad2d", (1, 2, 0, 1), on=(1, 3, 2)),
    case("Upsample", on=(1, 1, 2, 3), scale_factor=2),
    case("Upsample", (3, 5), on=(1, 1, 2, 3), mode="bilinear"),
    case("Upsample", 5, on=(1, 2, 3), mode="linear", align_corners=True),
    case("UpsamplingNearest2d", on=(1, 1, 2, 2), scale_factor=3),
    case("UpsamplingBilinear2d", 4, on=(1, 1, 2, 3)),
    case("PixelShuffle", 2, on=(1, 4, 1, 2)),
    case("PixelUnshuffle", 2, on=(1, 1, 2, 4)),
    case("Unfold", (2, 1), on=(1, 2, 3, 3), padding=1, stride=2),
    case("Fold", (3, 3), 2, on=(1, 8, 4)),
    case("CosineSimilarity", on=[(2, 3), (2, 3)]),
    case("PairwiseDistance", on=[(2, 3), (2, 3)], keepdim=True),
]

VOLUMES = [
    case("Conv3d", 1, 2, 2, on=(1, 1, 3, 2, 3)),
    case("Conv3d", 2, 2, (1, 2, 3), on=(2, 2, 3, 4), padding="same", groups=2, bias=False),
    case("Conv3d", 1, 1, 2, on=(1, 2, 3, 3), stride=(1, 2, 1), padding=1, padding_mode="circular"),
    case("ConvTranspose3d", 2, 1, 2, on=(2, 1, 2, 2), stride=2, output_padding=(0, 1, 0)),
    case("MaxPool3d", 2, 1, on=(1, 2, 3, 2), return_indices=True),
    case("AvgPool3d", (1, 2, 2), on=(1, 1, 2, 4, 3), ceil_mode=True, divisor_override=3),
    case("LPPool3d", 2, 2, on=(1, 2, 4, 2)),
    case("MaxUnpool3d", (1, 2, 1), on=[(1, 1, 1, 2), Given([[[[2, 1]]]])]),
    case("AdaptiveAvgPool3d", (1, 2, None), on=(1, 2, 3, 2)),
    case("AdaptiveMaxPool3d", 2, on=(1, 3, 2, 3), return_indices=True),
    case("BatchNorm3d", 2, on=(2, 2, 1, 2, 2)),
    case("InstanceNorm3d", 2, on=(2, 2, 2, 1), affine=True),
    case("Dropout3d", 0.5, on=(2, 2, 1, 2), train=False),
    case("ConstantPad3d", (1, 0, 0, 1, 2, 0), 2.5, on=(1, 1, 2, 1)),
    case("ZeroPad3d", 1, on=(1, 1, 1, 2)),
    case("ReflectionPad3d", 1, on=(1, 2, 2, 3)),
    case("ReplicationPad3d", (0, 1, 2, 0, 0, 1), on=(1, 1, 2, 2)),
    case("CircularPad3d", 1, on=(1, 1, 1, 2, 2)),
]

RECURRENCE = [
    case("RNNCell", 3, 2, on=(4, 3)),
    case("RNNCell", 3, 2, on=[(3,), (2,)], nonlinearity="relu", bias=False),
    case("LSTMCell", 2, 3, on=(2, 2)),
    case("LSTMCell", 2, 3, on=(2,), bias=False),
    case("GRUCell", 2, 3, on=[(2, 2), (2, 3)]),
    case("GRUCell", 2, 3, on=(2,), bias=False),
    case("RNN", 3, 2, 2, on=[(4, 2, 3), (2, 2, 2)], nonlinearity="relu"),
    case("RNN", 3, 2, on=(4, 3), bidirectional=True, bias=False),
    case("LSTM", 3, 2, on=(4, 3)),
    case("LSTM", 2, 3, 2, on=(2, 4, 2), batch_first=True, bidirectional=True),
    case("LSTM", 2, 3, 2, on=(4, 2, 2), proj_size=2, dropout=0.5, train=False),
    case("LSTM", 2, 3, on=(3, 0, 2)),
    case("GRU", 3, 2, 2, on=[(4, 2, 3), (4, 2, 2)], bidirectional=True),
    case("GRU", 3, 2, on=(2, 4, 3), batch_first=True, bias=False),
]

_PADDING = Given([[False, False, True], [False, False, False]])
_LATER = Given([[False, True, True], [False, False, True], [False, False, False]])

ATTENTION = [
    case("MultiheadAttention", 4, 2, on=[(2, 2, 4), (3, 2, 4), (3, 2, 4)]),
    case(
        "MultiheadAttention",
        *(4, 2),
        on=[(2, 2, 4), (2, 3, 4), (2, 3, 4)],
        call={"key_padding_mask": _PADDING, "need_weights": False},
        batch_first=True,
        add_bias_kv=True,
        add_zero_attn=True,
    ),
    case(
        "MultiheadAttention",
        *(4, 2),
        on=[(2, 4), (3, 3), (3, 5)],
        call={"attn_mask": Normal((2, 3)), "average_attn_weights": False},
        kdim=3,
        vdim=5,
        bias=False,
    ),
    case(
        "TransformerEncoderLayer",
        *(4, 2, 3, 0.0),
        on=(3, 2, 4),
        call={"src_key_padding_mask": _PADDING},
        activation="gelu",
        norm_first=True,
    ),
    case("TransformerEncoderLayer", 4, 2, 3, on=(3, 4), call={"src_mask": _LATER}, train=False),
    case("TransformerDecoderLayer", 4, 1, 3, 0.0, on=[(2, 3, 4), (2, 2, 4)], batch_first=True),
    case("TransformerDecoderLayer", 4, 2, 3, 0.0, on=[(3, 4), (2, 4)], norm_first=True, bias=False),
    case("Transformer", 4, 2, 2, 1, 3, 0.0, on=[(3, 2, 4), (2, 2, 4)]),
]

FAMILIES = {
    "linear": LINEAR,
    "convolution": CONVOLUTIONS,
    "pooling": POOLS,
    "normalization": NORMS,
    "embedding": TABLES,
    "activation": ACTIVATIONS,
    "others": OTHERS,
    "volume": VOLUMES,
    "recurrence": RECURRENCE,
    "attention": ATTENTION,
}
CASES = [case for family in FAMILIES.values() for case in family]
