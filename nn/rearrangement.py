"""Layers that enlarge, rearrange and take apart images, and that compare vectors."""

from __future__ import annotations

from typing import Any

import autograd as ag
from nn.module import Module


class Upsample(Module):
    """A signal, an image or a volume with more (or fewer) elements along each dimension.

    Shapes: (N, C, …) → (N, C, …).

    Args:
        size: the new size, a number or one per dimension; or
        scale_factor: how many times the old one it is.
        mode: ``'nearest'``, ``'nearest-exact'``, ``'linear'``, ``'bilinear'``, ``'bicubic'`` or
            ``'trilinear'``.
        align_corners: whether corner elements stay at the corners.
        recompute_scale_factor: take the factor from the rounded sizes.
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        self.size, self.mode, self.align_corners = size, mode, align_corners
        self.scale_factor = _factor(scale_factor)
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        """The input, resampled.

        Raises:
            ArgumentError: neither or both of size and factor, or a mode for other dimensions.
        """
        return ag.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        scaled = self.scale_factor is not None
        what = f"scale_factor={self.scale_factor}" if scaled else f"size={self.size}"
        return f"{what}, mode={self.mode!r}"


def _factor(given: Any) -> Any:
    """The factor as PyTorch keeps it: one float, or one for each dimension."""
    if isinstance(given, (tuple, list)):
        return tuple(map(float, given))
    return None if given is None else float(given)


class UpsamplingNearest2d(Upsample):
    """An image whose pixels are repeated; arguments as in `Upsample`."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """An image resampled bilinearly with its corners in place; arguments as in `Upsample`."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """Channels become pixels: (…, C·r², H, W) → (…, C, H·r, W·r) (Shi et al. 2016).

    Args:
        upscale_factor: r.
    """

    def __init__(self, upscale_factor: int) -> None:
        self.upscale_factor = upscale_factor

    def forward(self, input: Any) -> Any:
        """The image rearranged.

        Raises:
            ShapeError: channels that are no multiple of r².
        """
        return ag.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """The argument that `repr` shows."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels become channels: (…, C, H·r, W·r) → (…, C·r², H, W).

    Args:
        downscale_factor: r.
    """

    def __init__(self, downscale_factor: int) -> None:
        self.downscale_factor = downscale_factor

    def forward(self, input: Any) -> Any:
        """The image rearranged.

        Raises:
            ShapeError: a height or a width that is no multiple of r.
        """
        return ag.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """The argument that `repr` shows."""
        return f"downscale_factor={self.downscale_factor}"


class _Columns(Module):
    def __init__(
        self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        names = ("kernel_size", "dilation", "padding", "stride")
        return ", ".join(f"{name}={getattr(self, name)}" for name in names)


class Unfold(_Columns):
    """The windows of an image as columns of a matrix (im2col).

    Shapes: (N, C, H, W) → (N, C·kH·kW, L) for L windows.

    Args:
        kernel_size, dilation, padding, stride: a number, or one per dimension.
    """

    def forward(self, input: Any) -> Any:
        """The columns.

        Raises:
            ShapeError: a kernel larger than the padded image.
        """
        kernel = _pair(self.kernel_size)
        return ag.unfold(input, kernel, self.dilation, self.padding, self.stride)


class Fold(_Columns):
    """Columns put back as windows of an image; where windows overlap they add up (col2im).

    Shapes: (N, C·kH·kW, L) → (N, C, H, W).

    Args:
        output_size: (H, W).
        kernel_size, dilation, padding, stride: a number, or one per dimension.
    """

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        """The image.

        Raises:
            ShapeError: another number of rows or of columns than the windows ask for.
        """
        size, kernel = _pair(self.output_size), _pair(self.kernel_size)
        return ag.fold(input, size, kernel, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"output_size={self.output_size}, {super().extra_repr()}"


def _pair(value: Any) -> Any:
    return (value, value) if isinstance(value, int) else value


class CosineSimilarity(Module):
    """The cosine of the angle between vectors: x₁·x₂ / (|x₁||x₂|).

    Args:
        dim: along which the vectors lie.
        eps: the least product of lengths.
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Any:
        """The cosines.

        Raises:
            ShapeError: shapes that do not broadcast.
        """
        return ag.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of the differences of vectors along the last dimension.

    Args:
        p: which norm.
        eps: added to each difference, so that the norm has a gradient everywhere.
        keepdim: keep the last dimension with size 1.
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        """The distances.

        Raises:
            ShapeError: shapes that do not broadcast.
        """
        return ag.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
