"""Normalisation of channels, with running statistics: batch norm and instance norm."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np

import autograd as ag
from nn.module import Module, shape_of
from nn.normalization import filled
from nn.parameter import checked


class _Channels(Module):
    """What normalises each channel, and may remember mean and variance.

    Attributes:
        weight, bias: γ and β, shape (C,), or None.
        running_mean, running_var: the remembered statistics, shape (C,), or None.
        num_batches_tracked: how many batches they have seen, or None.
    """

    ranks: ClassVar[dict[int, str]]
    running_mean: ag.Tensor | None
    running_var: ag.Tensor | None
    num_batches_tracked: ag.Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: Any = None,
        bias: bool = True,
    ) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        shape = checked((num_features,), "weight")
        kind = dtype or ag.get_default_dtype()
        self.weight = filled(1.0, shape, "weight", kind) if affine else None
        self.bias = filled(0.0, shape, "bias", kind) if affine and bias else None
        tracked = track_running_stats
        self.register_buffer("running_mean", np.zeros(shape, kind) if tracked else None)
        self.register_buffer("running_var", np.ones(shape, kind) if tracked else None)
        self.register_buffer("num_batches_tracked", np.zeros((), np.int64) if tracked else None)

    def reset_running_stats(self) -> None:
        """Forget what was seen: mean 0, variance 1, no batches."""
        start = {"running_mean": 0, "running_var": 1, "num_batches_tracked": 0}
        for name, value in start.items():
            buffer = getattr(self, name)
            if buffer is not None:
                _overwrite(buffer, value)

    def _rate(self) -> float | None:
        """How far the running statistics move; counts the batch when training."""
        if not self.training or self.num_batches_tracked is None:
            return self.momentum
        count = self.num_batches_tracked.data + 1
        _overwrite(self.num_batches_tracked, count)
        return 1 / count if self.momentum is None else self.momentum

    def _check(self, shape: tuple[int, ...]) -> None:
        channels = shape[1] if len(shape) in self.ranks and len(shape) > 1 else -1
        if channels != self.num_features:
            raise self._refused(shape)

    def _refused(self, shape: tuple[int, ...]) -> ag.ShapeError:
        fitting = " or ".join(self.ranks.values()).replace("C", str(self.num_features))
        return ag.ShapeError(f"{self.describe()} takes an input {fitting}, got shape {shape}.")

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        parts = (
            f"{self.num_features}",
            f"eps={self.eps}",
            f"momentum={self.momentum}",
            f"affine={self.affine}",
            f"bias={self.bias is not None}",
            f"track_running_stats={self.track_running_stats}",
        )
        return ", ".join(parts)

    def describe(self) -> str:
        """``BatchNorm2d(8)``."""
        return f"{type(self).__name__}({self.num_features})"


def _overwrite(buffer: ag.Tensor, value: Any) -> None:
    buffer.data[...] = value
    ag.increment_version(buffer)


class BatchNorm(_Channels):
    """Batch norm of any number of dimensions."""

    def forward(self, input: Any) -> Any:
        """γ·(x − μ)/√(σ² + ε) + β, by the batch in training, by running statistics otherwise.

        Raises:
            ShapeError: other dimensions or channels, or one value per channel in training.
        """
        self._check(shape_of(input))
        return ag.batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self._rate() if self.training else None,
            self.eps,
        )


class BatchNorm1d(BatchNorm):
    """γ·(x − μ)/√(σ² + ε) + β for each feature over the batch (Ioffe & Szegedy 2015, lecture E4).

    In training μ and the biased σ² are the batch's, and the running statistics follow:
    running = (1 − momentum)·running + momentum·new, the variance with its unbiased value. In
    evaluation the running statistics normalise; without any, the batch's do.

    Shapes: (N, C) or (N, C, L) → the same.

    Args:
        num_features: C.
        eps: ε.
        momentum: how far the running statistics move; None for the mean over all batches.
        affine: whether to learn γ and β.
        track_running_stats: whether to have running statistics.
        dtype: of parameters and statistics; the default float type otherwise.
        bias: whether to learn β.

    Attributes:
        weight, bias: γ and β, shape (C,), or None.
        running_mean, running_var: buffers of shape (C,), or None.
        num_batches_tracked: a buffer that counts batches, or None.

    >>> layer = BatchNorm1d(1)
    >>> layer(ag.tensor([[1.0], [3.0]])).tolist()
    [[-0.9999950000374997], [0.9999950000374997]]
    >>> layer.running_mean.tolist(), layer.num_batches_tracked.item()
    ([0.2], 1)
    """

    ranks: ClassVar[dict[int, str]] = {2: "(N, C)", 3: "(N, C, L)"}


class BatchNorm2d(BatchNorm):
    """Batch norm of images: μ and σ² for each channel, over batch, height and width.

    Shapes: (N, C, H, W) → the same; everything else is as in `BatchNorm1d`.
    """

    ranks: ClassVar[dict[int, str]] = {4: "(N, C, H, W)"}


class InstanceNorm(_Channels):
    """Instance norm of any number of dimensions."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        dtype: Any = None,
        bias: bool = True,
    ) -> None:
        known = (num_features, eps, momentum, affine, track_running_stats)
        super().__init__(*known, dtype=dtype, bias=bias)

    def forward(self, input: Any) -> Any:
        """γ·(x − μ)/√(σ² + ε) + β for each channel of each example.

        Raises:
            ShapeError: other dimensions or channels, or one element per channel.
        """
        shape = shape_of(input)
        single = len(shape) == min(self.ranks)
        if single:
            shape, input = (1, *shape), ag.reshape(input, (1, *shape))
        self._check_instances(shape)
        own = self.training or self.running_mean is None
        out = ag.instance_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            own,
            self._rate() if self.training else None,
            self.eps,
        )
        return ag.reshape(out, shape[1:]) if single else out

    def _rate(self) -> float | None:
        """PyTorch counts no batches here, and takes None for 0."""
        return None if self.running_mean is None else self.momentum or 0.0

    def _check_instances(self, shape: tuple[int, ...]) -> None:
        if len(shape) not in self.ranks:
            raise self._refused(shape)
        if shape[1] == self.num_features:
            return
        if self.affine or self.track_running_stats:
            raise self._refused(shape)
        warnings.warn(
            f"{self.describe()} got {shape[1]} channels; it has nothing of its own that depends on "
            "their number, so this is harmless, but probably not what was meant.",
            stacklevel=4,
        )


class InstanceNorm1d(InstanceNorm):
    """γ·(x − μ)/√(σ² + ε) + β for each channel of each example (Ulyanov et al. 2016).

    Shapes: (N, C, L) or (C, L) → the same. Arguments are those of `BatchNorm1d`; here nothing
    is learned and nothing remembered unless `affine` and `track_running_stats` ask for it.
    """

    ranks: ClassVar[dict[int, str]] = {2: "(C, L)", 3: "(N, C, L)"}


class InstanceNorm2d(InstanceNorm):
    """Instance norm of images, which removes their contrast; see `InstanceNorm1d`.

    Shapes: (N, C, H, W) or (C, H, W) → the same.
    """

    ranks: ClassVar[dict[int, str]] = {3: "(C, H, W)", 4: "(N, C, H, W)"}
