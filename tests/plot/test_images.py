"""Filters and activation maps: every tile is the array that it stands for."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, rng=0),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 7, 3, rng=1),
        nn.Flatten(),
        nn.Linear(7 * 16, 2, rng=2),
    )


def images(count=2):
    return np.random.default_rng(4).normal(size=(count, 1, 16, 16))


def shown(axes):
    """The numbers of an image, NaN where there are none."""
    return np.ma.filled(axes.get_images()[0].get_array(), np.nan)


def tile(axes, row, column, height, width, gap=1):
    """One tile of a mosaic."""
    top, left = row * (height + gap), column * (width + gap)
    return shown(axes)[top : top + height, left : left + width]


def test_filters_of_one_channel_in_a_grid():
    model = lenet()
    axes, _ = ag.plot.filters(model).axes
    for place in range(6):
        found = tile(axes, place // 3, place % 3, 5, 5)
        assert np.array_equal(found, model[0].weight.data[place, 0])
    assert axes.get_title(loc="left") == "All 6 filters of 0"
    assert [t.get_text() for t in axes.get_yticklabels()] == ["0", "3"]


def test_filters_of_several_channels_in_rows():
    model = lenet()
    axes, _ = ag.plot.filters(model, "3").axes
    for row, column in np.ndindex(7, 6):
        found = tile(axes, row, column, 3, 3)
        assert np.array_equal(found, model[3].weight.data[row, column])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("channel", "filter")


def test_the_scale_is_symmetric():
    model = lenet()
    image = ag.plot.filters(model).axes[0].get_images()[0]
    reach = np.abs(model[0].weight.data).max()
    assert image.get_clim() == (-reach, reach)


def test_filters_of_three_channels_are_colours():
    conv = nn.Conv2d(3, 4, 2, rng=0)
    (axes,) = ag.plot.filters(conv).axes
    weight = conv.weight.data
    scaled = (weight - weight.min()) / (weight.max() - weight.min())
    assert tile(axes, 1, 0, 2, 2) == pytest.approx(scaled[2].transpose(1, 2, 0))
    assert axes.get_title(loc="left") == "All 4 filters of Conv2d"


def test_too_many_are_cut_and_said():
    conv = nn.Conv2d(1, 30, 3, rng=0)
    axes = ag.plot.filters(conv, most=4).axes[0]
    assert axes.get_title(loc="left") == "The first 4 of 30 filters of Conv2d"
    assert shown(axes).shape == (7, 7)


@pytest.mark.parametrize(
    ("count", "grid"),
    [(1, (1, 1)), (2, (1, 2)), (3, (1, 3)), (5, (2, 3)), (20, (4, 5)), (7, (3, 3))],
)
def test_a_grid_is_full_where_it_can_be(count, grid):
    axes = ag.plot.filters(nn.Conv2d(1, count, 2, rng=0)).axes[0]
    assert shown(axes).shape == tuple(3 * n - 1 for n in grid)


def test_many_filters_of_many_channels_are_cut_both_ways():
    conv = nn.Conv2d(9, 5, 2, rng=0)
    axes = ag.plot.filters(conv, most=4).axes[0]
    title = "The first 4 of 5 filters of Conv2d, the first 4 of 9 channels"
    assert " ".join(axes.get_title(loc="left").split()) == title
    assert shown(axes).shape == (11, 11)


def test_gaps_are_no_numbers():
    axes = ag.plot.filters(lenet()).axes[0]
    assert np.isnan(shown(axes)[5]).all()
    assert np.isnan(shown(axes)[:, 5]).all()
    assert np.isnan(shown(axes)).sum() == 17 + 2 * 11 - 2


@pytest.mark.parametrize("layer", ["0", "1", "2", "3"])
def test_maps_are_what_the_layer_gives(layer):
    model, x = lenet(), images()
    expected = model[: int(layer) + 1](ag.tensor(x)).data[1]
    image, axes, _ = ag.plot.activation_maps(model, x, layer, example=1).axes
    columns, size = 3, expected.shape[-1]
    for place, map in enumerate(expected):
        found = tile(axes, place // columns, place % columns, size, size)
        assert found == pytest.approx(map, abs=1e-12)
    assert np.array_equal(shown(image), x[1, 0])


def test_maps_without_negative_numbers_start_at_nothing():
    model, x = lenet(), images()
    rising = ag.plot.activation_maps(model, x, "1").axes[1].get_images()[0]
    assert rising.get_clim() == (0, model[:2](ag.tensor(x)).data[0].max())
    assert ag.plot.activation_maps(model, x, "0").axes[1].get_images()[0].get_clim()[0] < 0


def test_one_image_and_a_coloured_one():
    model, x = lenet(), images()
    first, second = (ag.plot.activation_maps(model, given).axes[1] for given in (x[0], x))
    assert np.array_equal(shown(first), shown(second), equal_nan=True)
    coloured = ag.plot.activation_maps(nn.Conv2d(3, 2, 3, rng=0), np.ones((1, 3, 5, 5)))
    assert shown(coloured.axes[0]).shape == (5, 5, 3)


def test_a_dead_layer_is_drawn():
    conv = nn.Conv2d(1, 2, 3, rng=0)
    conv.weight.data[:] = 0
    figure = ag.plot.filters(conv)
    figure.draw_without_rendering()
    assert figure.axes[0].get_images()[0].get_clim() == (0, 1)
    conv.weight.data[:] = np.nan
    ag.plot.filters(conv).draw_without_rendering()


def test_the_model_is_left_as_it_was():
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 2, 3, rng=0), nn.Dropout(0.5))
    before = {n: t.data.copy() for n, t in model.state_dict().items()}
    ag.plot.activation_maps(model, images())
    assert all(np.array_equal(t.data, before[n]) for n, t in model.state_dict().items())
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ag.plot.filters(3), ag.ArgumentError, "got int"),
        (lambda: ag.plot.filters(nn.Linear(2, 2)), ag.RangeError, "it has none"),
        (lambda: ag.plot.filters(lenet(), "5"), ag.RangeError, "'5' to show; it has '0', '3'"),
        (lambda: ag.plot.filters(lenet(), most=0), ag.RangeError, "at least one"),
        (lambda: ag.plot.activation_maps(3, images()), ag.ArgumentError, "got int"),
        (lambda: ag.plot.activation_maps(lenet(), np.ones(3)), ag.ShapeError, r"got \(3,\)"),
        (lambda: ag.plot.activation_maps(lenet(), images(), "5"), ag.RangeError, "'2', '3'"),
        (lambda: ag.plot.activation_maps(lenet(), images(), example=2), ag.RangeError, "2 images"),
        (lambda: ag.plot.activation_maps(lenet(), images(), most=0), ag.RangeError, "at least one"),
        (
            lambda: ag.plot.activation_maps(nn.Flatten(), images()),
            ag.RangeError,
            "it has none",
        ),
    ],
)
def test_images_refuse(call, error, words):
    with pytest.raises(error, match=words):
        call()
