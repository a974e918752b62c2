"""The backward pass itself as a graph, in one call."""

import pytest

import autograd as ag


@pytest.fixture
def x():
    return ag.tensor(2.0, requires_grad=True, name="x")


def test_a_second_derivative_is_drawn_in_one_call(x):
    f = x**3
    picture = f.graph(wrt=x)
    trace = picture.trace
    root, leaf = trace.values[trace.roots[0]], trace.values[0]
    assert (root.name, root.numbers.data) == ("∂f/∂x", 12.0)
    assert (leaf.name, leaf.gradient.data) == ("x", 12.0)  # d²/dx² x³ = 6x
    assert [op.symbol for op in trace.ops] == ["^", "×", "×"]
    assert x.grad is None
    assert picture.view.remarks == []


def test_it_is_what_grad_with_a_history_gives(x):
    y = ag.tensor(0.5, requires_grad=True, name="y")
    f = ag.sin(x * y)
    (by_hand,) = ag.grad(f, x, create_graph=True)
    by_hand.name = "∂f/∂x"
    drawn = f.graph(wrt=x, gradients=True).view
    expected = by_hand.graph(gradients=True).view
    shown = [[(b.name, b.lines) for b in view.boxes] for view in (drawn, expected)]
    assert shown[0] == shown[1]


def test_the_third_derivative_is_a_call_more(x):
    f = x**4
    (slope,) = ag.grad(f, x, create_graph=True)
    slope.name = "slope"
    trace = slope.graph(wrt=x).trace
    root = trace.values[trace.roots[0]]
    assert (root.name, root.numbers.data) == ("∂slope/∂x", 48.0)
    assert trace.values[0].gradient.data == 48.0


def test_gradients_of_it_can_be_left_out(x):
    view = (x**3).graph(wrt=x, gradients=False).view
    assert not any(link.events for link in view.links)


def test_a_result_of_several_numbers_needs_a_gradient_to_start_from():
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    y = w * w
    with pytest.raises(ag.GradientError):
        y.graph(wrt=w)
    trace = y.graph(wrt=w, gradient=[1.0, 0.0]).trace
    assert trace.values[trace.roots[0]].numbers.data == [2.0, 0.0]


def test_what_cannot_be_differentiated_says_so(x):
    with pytest.raises(ag.ArgumentError, match=r"graph\(wrt=list\).*such as wrt=x"):
        (x * 2).graph(wrt=[x])
    with pytest.raises(ag.GradientError, match=r"this tensor has none"):
        ag.tensor(1.0).graph(wrt=x)
    with pytest.raises(ag.GradientError):
        (x * 2).graph(wrt=ag.tensor(1.0, requires_grad=True))


def test_widths_by_powers_of_ten_keep_vanishing_gradients_apart(x):
    y = x
    for _ in range(4):
        y = y * 0.01
    views = {widths: y.graph(gradients=True, widths=widths).view for widths in ("linear", "log")}
    weights = {
        widths: sorted({round(link.weight, 9) for link in view.links if link.events})
        for widths, view in views.items()
    }
    assert weights["linear"] == [1e-08, 1e-06, 0.0001, 0.01, 1.0]
    assert weights["log"] == [0.0, 0.25, 0.5, 0.75, 1.0]
    said = {widths: y.graph(gradients=True, widths=widths).to_svg() for widths in views}
    assert "by powers of ten" in said["log"]
    assert "by powers of ten" not in said["linear"]


def test_logarithms_stand_zeros_and_equal_sizes(x):
    for f in (x * 0.0, x * 1.0, ag.relu(-x)):
        weights = [a.weight for a in f.graph(gradients=True, widths="log").view.links if a.events]
        assert all(0 <= weight <= 1 for weight in weights)
    with pytest.raises(ag.RangeError, match=r"widths='wide'.*linear"):
        x.graph(widths="wide")
