"""Decision boundaries, and the paths of optimizers over a surface."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from plotted import curves

import autograd as ag
import nn
import optim

X = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 2.0], [2.0, 2.0]])


def corners(p):
    """Three classes: left, right, up."""
    return ag.stack([-p[:, 0], p[:, 0], p[:, 1] * 2], dim=1)


def boundary(axes):
    """The points of all boundaries."""
    lines = [c for c in axes.collections if type(c).__name__ == "QuadContourSet" and not c.filled]
    return np.concatenate([path.vertices for line in lines for path in line.get_paths()])


def test_the_boundary_of_a_linear_classifier_is_its_line():
    layer = nn.Linear(2, 1, rng=0)
    layer.weight.data[:], layer.bias.data[:] = [[1.0, -2.0]], [0.5]
    figure = ag.plot.decision_boundary(layer, X, [0, 1, 0, 1], resolution=50)
    points = boundary(figure.axes[0])
    assert len(points) > 20
    assert points @ [1, -2] + 0.5 == pytest.approx(0, abs=1e-9)


def test_the_plane_reaches_beyond_the_points():
    figure = ag.plot.decision_boundary(lambda p: p[:, 0], X)
    assert figure.axes[0].get_xlim() == pytest.approx((-1.24, 2.24))
    assert figure.axes[0].get_ylim() == pytest.approx((-0.16, 2.16))


def test_the_boundaries_of_three_classes():
    points = boundary(ag.plot.decision_boundary(corners, X, resolution=41).axes[0])
    scores = np.sort(corners(ag.tensor(points)).data, axis=1)
    assert scores[:, 2] - scores[:, 1] == pytest.approx(0, abs=0.12)  # the two best are level


def test_points_have_the_marks_of_their_class_and_wrong_ones_a_ring():
    figure = ag.plot.decision_boundary(corners, X, [0, 1, 2, 1], theme="dark")
    (axes,) = figure.axes
    handles, labels = axes.get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    assert list(shown) == ["class 0", "class 1", "class 2", "wrong side"]
    assert shown["class 1"].get_offsets().tolist() == [[1, 0], [2, 2]]
    assert shown["wrong side"].get_offsets().tolist() == [[2, 2]]
    assert to_hex(shown["class 0"].get_facecolor()[0]).upper() == "#56B4E9"
    assert axes.get_title(loc="left") == "Regions of 3 classes, 3 of 4 points right"


@pytest.mark.parametrize(
    ("scores", "labels", "threshold"),
    [
        (lambda p: p[:, 0], [-1, 1, -1, 1], 0.0),
        (lambda p: p[:, :1], [0, 1, 0, 1], 0.0),
        (lambda p: ag.sigmoid(p[:, 0]), [False, True, False, True], 0.5),
        (lambda p: p.data[:, 0], ag.tensor([[0], [1], [0], [1]]), 0.0),
    ],
)
def test_forms_of_a_single_score(scores, labels, threshold):
    points = np.array([[-1.0, 0.0], [1.0, 0.0], [-2.0, 2.0], [2.0, 2.0]])
    figure = ag.plot.decision_boundary(scores, points, labels, threshold=threshold)
    assert figure.axes[0].get_title(loc="left").endswith("4 of 4 points right")


def test_the_model_is_left_as_it_was():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5), nn.Linear(2, 2, rng=0))
    before = {n: t.data.copy() for n, t in model.state_dict().items()}
    first, second = (ag.plot.decision_boundary(model, X, resolution=20) for _ in range(2))
    assert np.array_equal(boundary(first.axes[0]), boundary(second.axes[0]))
    assert all(np.array_equal(t.data, before[n]) for n, t in model.state_dict().items())
    assert model.training
    assert model[1].training


def test_a_plane_of_one_class():
    figure = ag.plot.decision_boundary(lambda p: p[:, 0] * 0 + 1, X, [1, 1, 1, 0])
    assert figure.axes[0].get_title(loc="left").endswith("3 of 4 points right")
    figure.draw_without_rendering()


@pytest.mark.parametrize(
    ("model", "points", "labels", "error", "words"),
    [
        (3, X, None, ag.ArgumentError, "a model to call, got int"),
        (corners, X[:, :1], None, ag.ShapeError, r"\(N, 2\), got \(4, 1\)"),
        (corners, X[:0], None, ag.ShapeError, r"got \(0, 2\)"),
        (lambda p: p.sum(), X, None, ag.ShapeError, "for 40000 points the model gave"),
        (corners, X, [0, 1], ag.ShapeError, "X has 4 points, but y"),
        (corners, X, [0, 1, 2, 3], ag.RangeError, "tells 3 apart"),
        (corners, X, [0, 1, -1, 2], ag.RangeError, "from -1 to 2"),
        (corners, X, [0, 0.5, 1, 1], ag.ArgumentError, "whole numbers"),
    ],
)
def test_decision_boundary_refuses(model, points, labels, error, words):
    with pytest.raises(error, match=words):
        ag.plot.decision_boundary(model, points, labels)


def test_the_resolution_is_at_least_two():
    with pytest.raises(ag.RangeError, match="at least 2"):
        ag.plot.decision_boundary(corners, X, resolution=1)


# --- paths ----------------------------------------------------------------------------------


def bowl(x, y):
    return x**2 + 10 * y**2


def descent(make, steps=5):
    """The points that an optimizer visits."""
    point = ag.tensor([2.0, 1.0], requires_grad=True)
    optimizer, visited = make([point]), [point.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        bowl(*point).backward()
        optimizer.step()
        visited.append(point.detach().clone())
    return visited


def test_paths_are_where_the_optimizers_were():
    found = descent(lambda p: optim.SGD(p, lr=0.02))
    (axes,) = ag.plot.paths(bowl, {"SGD": found, "still": [(2, 1)]}, minimum=(0, 0)).axes
    lines = curves(axes)
    expected = [(2 * 0.96**n, 0.6**n) for n in range(6)]
    assert lines["SGD, 5 steps"].get_xydata() == pytest.approx(np.array(expected))
    assert list(lines) == ["SGD, 5 steps", "still, 0 steps", "start", "minimum"]
    assert lines["start"].get_xydata().tolist() == [[2, 1]]
    assert lines["minimum"].get_xydata().tolist() == [[0, 0]]


def test_contour_lines_lie_at_their_height():
    (axes,) = ag.plot.paths(bowl, [(1, 1), (0, 0)], levels=6).axes
    lines = axes.collections[0]
    steps = np.diff(np.log(lines.levels - lines.levels.min() + lines.levels[0]))
    assert len(lines.levels) == 6
    assert np.all(steps > 0)
    for height, path in zip(lines.levels[2:], lines.get_paths()[2:], strict=True):
        assert bowl(*path.vertices.T) == pytest.approx(height, rel=0.05)


def test_forms_of_a_path():
    for path in (np.eye(2), ag.tensor(np.eye(2)), [ag.tensor([1.0, 0.0]), (0, 1)]):
        (axes,) = ag.plot.paths(bowl, path).axes
        assert curves(axes)["1 step"].get_xydata().tolist() == [[1, 0], [0, 1]]


def test_limits_are_those_that_were_asked_for():
    (axes,) = ag.plot.paths(bowl, [(1, 1), (np.nan, 0)], xlim=(-2, 3), ylim=(-1, 4)).axes
    assert axes.get_xlim() == (-2, 3)
    assert axes.get_ylim() == (-1, 4)


def test_a_surface_with_holes_and_a_flat_one():
    ag.plot.paths(lambda x, y: ag.log(x) + y, [(0.1, 0), (1, 1)]).draw_without_rendering()
    (axes,) = ag.plot.paths(lambda x, y: x * 0, [(0.1, 0), (1, 1)]).axes
    assert not axes.collections


@pytest.mark.parametrize(
    ("f", "ways", "options", "error", "words"),
    [
        (3, [(0, 0)], {}, ag.ArgumentError, "a function f"),
        (bowl, {}, {}, ag.RangeError, "no path"),
        (bowl, {"SGD": []}, {}, ag.ShapeError, "SGD"),
        (bowl, [(0, 0, 0)], {}, ag.ShapeError, r"got \(1, 3\)"),
        (bowl, [(0, 0), (0, 0, 0)], {}, ag.ShapeError, "different shapes"),
        (bowl, [(np.nan, 0)], {}, ag.RangeError, "finite"),
        (lambda x, y: x.sum(), [(0, 0)], {}, ag.ShapeError, "elementwise"),
        (lambda x, y: x * np.nan, [(0, 0)], {}, ag.RangeError, "nowhere finite"),
        (bowl, [(0, 0)], {"levels": 1}, ag.RangeError, "at least 2"),
        (bowl, [(0, 0)], {"xlim": (1, 0)}, ag.RangeError, "from low to high"),
    ],
)
def test_paths_refuse(f, ways, options, error, words):
    with pytest.raises(error, match=words):
        ag.plot.paths(f, ways, **options)
