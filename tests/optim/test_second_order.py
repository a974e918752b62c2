"""Newton and L-BFGS: on bowls, valleys and saddles, beside gradient descent."""

from __future__ import annotations

import numpy as np
import optim_cases as cases
import pytest

import autograd as ag
import optim
from optim.line_search import Point, cubic_minimum, strong_wolfe


def leaf(values, dtype=np.float64):
    return ag.tensor(values, dtype=dtype, requires_grad=True)


def closure_of(optimizer, loss):
    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    return closure


def valley(x):
    return cases.rosenbrock(x[0], x[1])


# --- Newton -----------------------------------------------------------------------------------


def bowl(x):
    """An ellipse, 50 times as steep in one direction, turned by 30°."""
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    u, v = c * x[0] + s * x[1], -s * x[0] + c * x[1]
    return 0.5 * (u * u + 50 * v * v)


def test_newton_reaches_the_bottom_of_a_bowl_at_once_and_gradient_descent_does_not():
    """LECTURES section 2: Newton's step against gradient descent on a 2-D surface."""
    newton, descent = leaf([3.0, -2.0]), leaf([3.0, -2.0])
    optim.Newton([newton]).step(lambda: bowl(newton))
    np.testing.assert_allclose(newton.data, 0, atol=1e-13)
    optimizer = optim.SGD([descent], lr=1.9 / 50)
    closure = closure_of(optimizer, lambda: bowl(descent))
    lengths = []
    for _ in range(50):
        optimizer.step(closure)
        lengths.append(float(np.linalg.norm(descent.data)))
    assert lengths[0] > 1
    assert lengths[-1] > 0.1


def test_newton_on_rosenbrock_in_a_few_steps():
    x = leaf([-1.2, 1.0])
    optimizer = optim.Newton([x])
    for _ in range(7):
        loss = optimizer.step(lambda: valley(x))
    assert loss.item() < 1e-10
    np.testing.assert_allclose(x.data, 1, atol=1e-8)


def test_newton_takes_the_hessian_of_all_parameters_together():
    """The cross terms between two parameters matter: x² + xy·… is solved at once."""
    x, y = leaf([1.0, 2.0]), leaf(3.0)
    unused = leaf([[5.0]])

    def loss():
        return (x * x).sum() + y * y + x[0] * y * 1.5 - x[1] + 0.5 * (unused * unused).sum()

    optim.Newton([x, y, unused]).step(loss)
    np.testing.assert_allclose([*x.tolist(), y.item(), unused.item()], [0, 0.5, 0, 0], atol=1e-13)


def test_damping_turns_newton_downhill_at_a_saddle():
    def saddle(x):
        return x[0] * x[0] - x[1] * x[1]

    plain, damped = leaf([1.0, 0.5]), leaf([1.0, 0.5])
    optim.Newton([plain]).step(lambda: saddle(plain))
    np.testing.assert_allclose(plain.data, [0, 0], atol=1e-15)  # the saddle point itself
    optim.Newton([damped], damping=4.0).step(lambda: saddle(damped))
    np.testing.assert_allclose(damped.data, [1 - 2 / 6, 0.5 + 1 / 2])


def test_newton_does_not_need_backward_and_keeps_frozen_parameters():
    x, frozen = leaf([1.0]), ag.tensor([2.0])
    loss = optim.Newton([x, frozen]).step(lambda: ((x - frozen) * (x - frozen)).sum())
    assert loss.item() == 1.0
    assert x.grad is None
    assert (x.tolist(), frozen.tolist()) == ([2.0], [2.0])


def test_newton_in_float32():
    x = leaf([3.0, -2.0], np.float32)
    optim.Newton([x], damping=0.0).step(lambda: bowl(x))
    assert x.dtype == np.float32
    np.testing.assert_allclose(x.data, 0, atol=1e-5)


def test_a_flat_direction_is_told():
    x = leaf([1.0, 2.0])
    with pytest.raises(ag.GlassError, match="singular"):
        optim.Newton([x]).step(lambda: x[0] * x[0] + 0 * x[1])


# --- L-BFGS -----------------------------------------------------------------------------------


def test_lbfgs_finds_the_end_of_the_valley():
    x = leaf([-1.2, 1.0])
    optimizer = optim.LBFGS(
        [x], max_iter=100, line_search_fn="strong_wolfe", tolerance_change=1e-14
    )
    optimizer.step(closure_of(optimizer, lambda: valley(x)))
    np.testing.assert_allclose(x.data, 1, atol=1e-6)
    assert optimizer.state[x]["func_evals"] < 60


def test_lbfgs_of_many_parameters_of_several_shapes():
    rng = np.random.default_rng(0)
    target = [rng.normal(size=s) for s in ((3, 4), (), (5,))]
    params = [leaf(np.zeros(t.shape)) for t in target]

    def loss():
        terms = zip(params, target, strict=True)
        return sum((ag.cosh(p - t) * (k + 1)).sum() for k, (p, t) in enumerate(terms))

    optimizer = optim.LBFGS(params, line_search_fn="strong_wolfe", max_iter=50)
    optimizer.step(closure_of(optimizer, loss))
    for param, expected in zip(params, target, strict=True):
        np.testing.assert_allclose(param.data, expected, atol=1e-4)


def test_lbfgs_stays_in_float32():
    x = leaf([-1.2, 1.0], np.float32)
    optimizer = optim.LBFGS([x], max_iter=60, line_search_fn="strong_wolfe")
    optimizer.step(closure_of(optimizer, lambda: valley(x)))
    assert x.dtype == np.float32
    assert optimizer.state[x]["d"].dtype == np.float32
    np.testing.assert_allclose(x.data, 1, atol=1e-2)


def test_lbfgs_at_the_minimum_does_nothing():
    x = leaf([1.0, 1.0])
    optimizer = optim.LBFGS([x])
    assert optimizer.step(closure_of(optimizer, lambda: valley(x))).item() == 0.0
    assert x.tolist() == [1.0, 1.0]
    assert optimizer.state[x] == {"func_evals": 1, "n_iter": 0}


def test_lbfgs_takes_parameters_without_gradient():
    x, idle = leaf([3.0]), leaf([7.0])
    optimizer = optim.LBFGS([x, idle], lr=0.1)
    optimizer.step(closure_of(optimizer, lambda: (x * x).sum()))
    assert abs(x.item()) < 0.5
    assert idle.tolist() == [7.0]


# --- the line search --------------------------------------------------------------------------


@pytest.mark.parametrize("first", [1e-4, 0.1, 1.0, 7.0])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda t: (t - 2) ** 2, lambda t: 2 * (t - 2)),
        (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
        (
            lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
            lambda t: 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3,
        ),
        (lambda t: np.cosh(t - 3), lambda t: np.sinh(t - 3)),
    ],
)
def test_the_point_found_satisfies_both_conditions(f, slope, first):
    """Bowls, and two functions of Moré and Thuente 1994."""
    tried = []

    def at(t):
        tried.append(t)
        with np.errstate(over="ignore"):
            return Point(t, float(f(t)), None, float(slope(t)))

    start = at(0.0)
    found = strong_wolfe(at, start, first, 1.0, tolerance=1e-12, rounds=40)
    assert found.loss <= start.loss + 1e-4 * found.t * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)
    assert len(tried) < 40


def test_a_search_that_runs_out_of_time_returns_its_best_point():
    def at(t):
        return Point(t, -t, None, -1.0)

    found = strong_wolfe(at, at(0.0), 1.0, 1.0, tolerance=1e-9, rounds=2)
    assert found.t > 1


def test_the_cubic_through_two_points():
    def point(t):
        return Point(t, t**3 - 3 * t, None, 3 * t * t - 3)

    for a, b in ((0.0, 2.0), (2.0, 0.0), (0.5, 5.0)):
        assert cubic_minimum(point(a), point(b)) == pytest.approx(1.0)
    assert cubic_minimum(point(2.0), point(3.0)) == 2.0
    assert cubic_minimum(point(0.0), point(2.0), (1.5, 4.0)) == 1.5
    nowhere = Point(0.0, 0.0, None, -1.0), Point(1.0, -1.0, None, -1.0)
    assert cubic_minimum(*nowhere) in (0.5, 1.0)
