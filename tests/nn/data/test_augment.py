"""Augmentation: seeded, with shape, dtype and kind kept, and what each change means."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from nn.data import (
    Augmentation,
    ColorCast,
    Compose,
    DataLoader,
    ElasticTransform,
    Normalize,
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomRotation,
    resize,
)

IMAGES = np.random.default_rng(0).random((6, 3, 12, 10))

CHANGES = {
    "flip": lambda rng: RandomHorizontalFlip(rng=rng),
    "crop": lambda rng: RandomCrop(padding=2, mode="reflect", rng=rng),
    "cast": lambda rng: ColorCast(0.3, rng=rng),
    "rotation": lambda rng: RandomRotation(20, rng=rng),
    "affine": lambda rng: RandomAffine(10, 0.1, (0.8, 1.2), 5, order=3, rng=rng),
    "elastic": lambda rng: ElasticTransform(rng=rng),
    "all": lambda rng: Compose(
        RandomHorizontalFlip(rng=rng), RandomCrop(padding=1, rng=rng), ElasticTransform(rng=rng)
    ),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_shape_dtype_kind_and_the_original_are_kept(name, dtype):
    images = (IMAGES * (255 if dtype == "uint8" else 1)).astype(dtype)
    before = images.copy()
    change = CHANGES[name](np.random.default_rng(1))
    changed = change(images)
    assert (changed.shape, changed.dtype) == (images.shape, images.dtype)
    assert not np.array_equal(changed, images) or (name, dtype) == ("cast", "uint8")
    assert not np.shares_memory(changed, images)
    np.testing.assert_array_equal(images, before)
    assert change(images[0]).shape == images[0].shape
    tensor = change(ag.tensor(images))
    assert isinstance(tensor, ag.Tensor)
    assert tensor.dtype == images.dtype


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_seed_changes_alike_and_each_call_anew(name):
    one, two = (CHANGES[name](np.random.default_rng(7)) for _ in range(2))
    first, second = one(IMAGES), one(IMAGES)
    np.testing.assert_array_equal(two(IMAGES), first)
    np.testing.assert_array_equal(two(IMAGES), second)
    assert not np.array_equal(first, second)


def test_without_rng_manual_seed_decides():
    flip = RandomHorizontalFlip()
    ag.manual_seed(3)
    first = flip(IMAGES)
    ag.manual_seed(3)
    np.testing.assert_array_equal(flip(IMAGES), first)


def test_flip_mirrors_whole_images_and_about_half_of_them():
    many = np.arange(400 * 2 * 3.0).reshape(400, 1, 2, 3)
    flipped = RandomHorizontalFlip(rng=0)(many)
    mirrored = np.array([np.array_equal(f, m[..., ::-1]) for f, m in zip(flipped, many)])  # noqa: B905
    same = np.array([np.array_equal(f, m) for f, m in zip(flipped, many)])  # noqa: B905
    assert np.all(mirrored ^ same)
    assert 150 < mirrored.sum() < 250
    np.testing.assert_array_equal(RandomHorizontalFlip(1.0)(many), many[..., ::-1])
    np.testing.assert_array_equal(RandomHorizontalFlip(0.0)(many), many)


def test_crops_are_windows_and_reach_every_place():
    image = np.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    crop = RandomCrop(3, rng=0)
    corners = {crop(image)[0, 0, 0, 0] for _ in range(100)}
    assert corners == {1.0, 2.0, 5.0, 6.0}
    window = crop(image)[0, 0]
    np.testing.assert_array_equal(window - window[0, 0], [[0, 1, 2], [4, 5, 6], [8, 9, 10]])
    assert RandomCrop((2, 4), rng=0)(image).shape == (1, 1, 2, 4)


def test_padding_is_filled_as_asked():
    ones = np.ones((50, 1, 4, 4))
    assert RandomCrop(padding=2, rng=0)(ones).min() == 0
    assert RandomCrop(padding=2, mode="edge", rng=0)(ones).min() == 1


def test_cast_shifts_each_channel_by_a_constant_within_the_limits():
    shift = ColorCast(0.2, limits=None, rng=0)(IMAGES) - IMAGES
    assert np.ptp(shift, axis=(2, 3)).max() < 1e-12
    assert np.ptp(shift[:, :, 0, 0]) > 0.1
    assert np.abs(shift).max() <= 0.2
    limited = ColorCast(0.9, rng=0)(IMAGES)
    assert (limited.min(), limited.max()) == (0.0, 1.0)
    bytes_ = np.full((4, 3, 2, 2), 250, np.uint8)
    assert ColorCast(50, rng=0)(bytes_).max() == 255


def test_a_quarter_turn_is_numpys():
    image = np.arange(25.0).reshape(1, 1, 5, 5)

    class Quarter(RandomRotation):
        def _inverse(self, rng):
            return np.array([[0.0, 1.0], [-1.0, 0.0]])

    turned = Quarter(0)(image)[0, 0]
    np.testing.assert_allclose(turned, np.rot90(image[0, 0]), atol=1e-9)


def test_nothing_to_do_changes_nothing():
    np.testing.assert_allclose(RandomAffine(rng=0)(IMAGES), IMAGES, atol=1e-12)
    np.testing.assert_allclose(ElasticTransform(alpha=0, rng=0)(IMAGES), IMAGES, atol=1e-12)


def test_a_shift_moves_and_a_scale_enlarges():
    dot = np.zeros((1, 1, 9, 9))
    dot[0, 0, 3:6, 3:6] = 1
    larger = RandomAffine(scale=(2.0, 2.0), rng=0)(dot)
    assert larger.sum() == pytest.approx(4 * dot.sum(), rel=0.2)
    moved = RandomAffine(translate=0.3, rng=1)(dot)
    assert moved.sum() == pytest.approx(dot.sum())
    assert not np.allclose(moved, dot)


def test_elastic_displacements_have_the_size_asked_for():
    ramp = np.broadcast_to(np.arange(64.0), (1, 1, 64, 64))
    moved = ElasticTransform(alpha=2.0, sigma=4.0, rng=0)(ramp.copy())
    typical = np.sqrt(np.mean((moved - ramp)[..., 8:-8, 8:-8] ** 2))
    assert 1.0 < typical < 2.0  # one of two coordinates: 2/√2


def test_normalize_by_channel():
    mean, std = IMAGES.mean(axis=(0, 2, 3)), IMAGES.std(axis=(0, 2, 3))
    normal = Normalize(mean, std)(IMAGES)
    np.testing.assert_allclose(normal.mean(axis=(0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(normal.std(axis=(0, 2, 3)), 1)


def test_resize_interpolates_and_keeps_the_kind():
    small = np.array([[[0.0, 1.0], [2.0, 3.0]]])
    assert resize(small, 4).shape == (1, 4, 4)
    assert resize(IMAGES, (24, 5)).shape == (6, 3, 24, 5)
    np.testing.assert_allclose(resize(small, (2, 2)), small)
    assert isinstance(resize(ag.tensor(small), 4), ag.Tensor)


def test_in_a_loader_every_epoch_looks_different_and_a_seed_repeats_it():
    def epochs():
        rng = np.random.default_rng(0)
        change = Compose(RandomHorizontalFlip(rng=rng), RandomRotation(15, rng=rng))
        loader = DataLoader((IMAGES, np.arange(6)), 4, shuffle=True, transform=change, rng=rng)
        return [[inputs.data for inputs, _ in loader] for _ in range(2)]

    one, two = epochs(), epochs()
    for a, b in zip(one, two, strict=True):
        for first, second in zip(a, b, strict=True):
            np.testing.assert_array_equal(first, second)
    assert not np.array_equal(one[0][0], one[1][0])


def test_mistakes_are_explained():
    with pytest.raises(ag.ShapeError, match=r"\(12, 10\); for grey images"):
        RandomHorizontalFlip()(IMAGES[0, 0])
    with pytest.raises(ag.ShapeError, match="cannot cut 13×13 out of images that are 12×10"):
        RandomCrop(13)(IMAGES)
    with pytest.raises(ag.RangeError, match=r"from 0 to 1, got 1\.5"):
        RandomHorizontalFlip(1.5)
    with pytest.raises(ag.DTypeError, match="floating images, got uint8"):
        Normalize(0, 1)(IMAGES.astype(np.uint8))
    with pytest.raises(ag.StateError, match="Augmentation changes nothing"):
        Augmentation()(IMAGES)


def test_repr_names_the_options():
    assert repr(Compose(RandomHorizontalFlip(0.3))) == "Compose(RandomHorizontalFlip(p=0.3))"
