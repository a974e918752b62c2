"""Augmentation: small random changes of images that leave what they show as it was (lecture A).

Every change takes images of shape (C, H, W) or (N, C, H, W), an array or a tensor, and gives
back the same kind, shape and dtype. Each image of a batch gets its own draw. `rng` is a
generator or a seed; without it the generator of `autograd.manual_seed` is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from nn.data.dataset import as_array


class Compose:
    """Several changes, one after the other.

    >>> change = Compose(RandomHorizontalFlip(p=1.0), Normalize(mean=0.5, std=0.5))
    >>> change(np.array([[[0.0, 1.0]]]))
    array([[[ 1., -1.]]])
    """

    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        self.steps = steps

    def __call__(self, images: Any) -> Any:
        for step in self.steps:
            images = step(images)
        return images

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.steps))})"


class Augmentation:
    """What the changes share: a subclass changes a batch of floats in `change`."""

    def __init__(self, rng: Any = None) -> None:
        self.rng = None if rng is None else ag.generator(rng)

    def change(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The changed images, both of shape (N, C, H, W).

        Raises:
            StateError: the class does not define it.
        """
        raise ag.StateError(f"{type(self).__name__} changes nothing: define change(images, rng).")

    def __call__(self, images: Any) -> Any:
        array = as_array(images)
        if array.ndim not in (3, 4):
            raise ag.ShapeError(
                f"{type(self).__name__} takes images of shape (C, H, W) or (N, C, H, W), got "
                f"{tuple(array.shape)}; for grey images write images[:, None]."
            )
        batch = array if array.ndim == 4 else array[None]
        changed = _as_dtype(self.change(batch, ag.generator(self.rng)), array.dtype)
        changed = changed if array.ndim == 4 else changed[0]
        return ag.Tensor(changed) if isinstance(images, ag.Tensor) else changed

    def __repr__(self) -> str:
        options = (f"{k}={v}" for k, v in vars(self).items() if k != "rng")
        return f"{type(self).__name__}({', '.join(options)})"


class Normalize(Augmentation):
    """(x − mean) / std for each channel; the same for every image.

    Args:
        mean, std: numbers, or one for each channel.
    """

    def __init__(self, mean: Any, std: Any) -> None:
        super().__init__()
        self.mean, self.std = mean, std

    def change(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The normalised images.

        Raises:
            DTypeError: images of whole numbers, which cannot hold the result.
        """
        if images.dtype.kind != "f":
            raise ag.DTypeError(f"Normalize takes floating images, got {images.dtype}: x / 255.")
        mean, std = (np.reshape(value, (-1, 1, 1)) for value in (self.mean, self.std))
        return (images - mean) / std


class RandomHorizontalFlip(Augmentation):
    """Left and right exchanged with probability `p`."""

    def __init__(self, p: float = 0.5, *, rng: Any = None) -> None:
        super().__init__(rng)
        self.p = _probability(p)

    def change(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The images, some of them mirrored."""
        flip = rng.random(len(images)) < self.p
        return np.where(flip[:, None, None, None], images[..., ::-1], images)


class RandomCrop(Augmentation):
    """A window at a random place of the image, which is padded first.

    Args:
        size: the window's height and width, or one number; None keeps the image's size.
        padding: rows and columns added on each side.
        mode: what they hold, in the words of `numpy.pad`: ``"constant"`` (zeros),
            ``"reflect"``, ``"edge"``.

    Raises:
        ShapeError: a window that is larger than the padded image.
    """

    def __init__(
        self, size: Any = None, padding: int = 0, mode: str = "constant", *, rng: Any = None
    ) -> None:
        super().__init__(rng)
        self.size, self.padding, self.mode = size, padding, mode

    def change(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A window of each image."""
        pad = (self.padding, self.padding)
        padded = np.pad(images, [(0, 0), (0, 0), pad, pad], mode=self.mode)  # type: ignore[call-overload]
        windows = np.lib.stride_tricks.sliding_window_view(
            padded, self._window(images, padded), axis=(2, 3)
        )
        rows = rng.integers(windows.shape[2], size=len(images))
        columns = rng.integers(windows.shape[3], size=len(images))
        cropped: np.ndarray = windows[np.arange(len(images)), :, rows, columns]
        return cropped

    def _window(self, images: np.ndarray, padded: np.ndarray) -> tuple[int, int]:
        size = images.shape[2:] if self.size is None else self.size
        height, width = (size, size) if isinstance(size, (int, np.integer)) else size
        if height > padded.shape[2] or width > padded.shape[3] or min(height, width) < 1:
            raise ag.ShapeError(
                f"{self!r} cannot cut {height}×{width} out of images that are "
                f"{padded.shape[2]}×{padded.shape[3]} with their padding."
            )
        return height, width


class ColorCast(Augmentation):
    """A random constant added to each channel, as under light of another colour.

    Args:
        strength: the constants are drawn from U(−strength, strength).
        limits: the smallest and largest value of a pixel, None for no limits; images of
            whole numbers count from 0 to 255, and `strength` in the same units.
    """

    def __init__(
        self,
        strength: float = 0.1,
        limits: tuple[float, float] | None = (0.0, 1.0),
        *,
        rng: Any = None,
    ) -> None:
        super().__init__(rng)
        self.strength, self.limits = strength, limits

    def change(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The images, brighter or darker channel by channel."""
        shift = rng.uniform(-self.strength, self.strength, (*images.shape[:2], 1, 1))
        cast: np.ndarray = images + shift
        whole = images.dtype.kind != "f"
        return cast if self.limits is None or whole else np.clip(cast, *self.limits)


class RandomAffine(Augmentation):
    """Turned, moved, scaled and sheared about the centre, by amounts drawn for each image.

    Args:
        degrees: the angle is drawn from U(−degrees, degrees).
        translate: the shift, as a fraction of height and width, likewise.
        scale: the smallest and the largest factor; a larger factor enlarges.
        shear: degrees, likewise.
        order: of the spline that interpolates (0 nearest, 1 linear, 3 cubic).
        mode: what lies outside: ``"constant"`` (zeros), ``"nearest"``, ``"reflect"``.

    Raises:
        MissingPackageError: SciPy is not installed.
    """

    def __init__(
        self,
        degrees: float = 0.0,
        translate: float = 0.0,
        scale: tuple[float, float] = (1.0, 1.0),
        shear: float = 0.0,
        *,
        order: int = 1,
        mode: str = "constant",
        rng: Any = None,
    ) -> None:
        super().__init__(rng)
        self.degrees, self.translate, self.scale, self.shear = degrees, translate, scale, shear
        self.order, self.mode = order, mode

    def change(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The distorted images."""
        where = np.indices(images.shape[2:], dtype=np.float64)
        centre = (np.array(images.shape[2:], dtype=np.float64) - 1)[:, None, None] / 2
        fields = [
            np.tensordot(self._inverse(rng), where - centre - self._shift(images, rng), 1) + centre
            for _ in images
        ]
        return _sampled(images, fields, self.order, self.mode)

    def _inverse(self, rng: np.random.Generator) -> np.ndarray:
        """The matrix from a pixel of the result to where its value comes from."""
        angle, slant = np.deg2rad(
            [rng.uniform(-limit, limit) for limit in (self.degrees, self.shear)]
        )
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shear = np.array([[1.0, 0.0], [np.tan(slant), 1.0]])
        return np.linalg.inv(turn @ shear * rng.uniform(*self.scale))

    def _shift(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        reach = self.translate * np.array(images.shape[2:], dtype=np.float64)
        return rng.uniform(-reach, reach)[:, None, None]


class RandomRotation(RandomAffine):
    """Turned about the centre by an angle from U(−degrees, degrees)."""

    def __init__(
        self, degrees: float, *, order: int = 1, mode: str = "constant", rng: Any = None
    ) -> None:
        super().__init__(degrees, order=order, mode=mode, rng=rng)


class ElasticTransform(Augmentation):
    """Each pixel displaced by a smooth random field (Simard, Steinkraus and Platt 2003).

    Args:
        alpha: the typical displacement in pixels.
        sigma: over how many pixels the field is smoothed.
        order, mode: as for `RandomAffine`.

    Raises:
        MissingPackageError: SciPy is not installed.
    """

    def __init__(
        self,
        alpha: float = 2.0,
        sigma: float = 4.0,
        *,
        order: int = 1,
        mode: str = "nearest",
        rng: Any = None,
    ) -> None:
        super().__init__(rng)
        self.alpha, self.sigma, self.order, self.mode = alpha, sigma, order, mode

    def change(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The distorted images."""
        where = np.indices(images.shape[2:], dtype=np.float64)
        fields = [where + self._field(images.shape[2:], rng) for _ in images]
        return _sampled(images, fields, self.order, self.mode)

    def _field(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        smooth = _ndimage().gaussian_filter
        field = np.stack([smooth(rng.uniform(-1, 1, shape), self.sigma) for _ in range(2)])
        size = np.sqrt(np.mean(field**2))
        return self.alpha * field / size if size else field


def resize(images: Any, size: int | tuple[int, int]) -> Any:
    """Images enlarged or reduced to `size` by bilinear interpolation; no draw is involved.

    Shapes: (…, C, H, W) → (…, C, height, width), an array or a tensor as given.
    """
    array = as_array(images)
    batch = array.reshape(-1, 1, *array.shape[-2:])
    sides = (size, size) if isinstance(size, (int, np.integer)) else tuple(size)
    with ag.no_grad():
        drawn = ag.interpolate(ag.Tensor(batch), size=sides, mode="bilinear").data
    result = drawn.reshape(*array.shape[:-2], *sides)
    return ag.Tensor(result) if isinstance(images, ag.Tensor) else result


def _sampled(images: np.ndarray, fields: list[np.ndarray], order: int, mode: str) -> np.ndarray:
    """Each image read at the places (2, H, W) of its field."""
    read = _ndimage().map_coordinates
    return np.array(
        [
            [read(channel.astype(np.float64), field, order=order, mode=mode) for channel in image]
            for image, field in zip(images, fields, strict=True)
        ]
    ).reshape(images.shape)


def _ndimage() -> Any:
    return ag.need_package("scipy.ndimage", "scipy", "train", "Geometric distortion")


def _as_dtype(images: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """In the images' own dtype; whole numbers are rounded and limited to their range."""
    if dtype.kind in "iu" and images.dtype != dtype:
        limits = (0, 255) if dtype == np.uint8 else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        images = np.clip(np.rint(images), *limits)
    return np.ascontiguousarray(images, dtype=dtype)


def _probability(p: float) -> float:
    if not 0 <= p <= 1:
        raise ag.RangeError(f"A probability is from 0 to 1, got {p}.")
    return p
