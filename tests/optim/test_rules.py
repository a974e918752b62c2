"""Each rule as a function: of arrays, of tensors, and differentiated through."""

from __future__ import annotations

import numpy as np
import optim_cases as cases
import pytest

import autograd as ag
import optim

RULES = {
    "sgd": (optim.sgd_update, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "adagrad": (optim.adagrad_update, {"lr_decay": 0.1, "weight_decay": 0.1}),
    "adadelta": (optim.adadelta_update, {"eps": 1e-3, "weight_decay": 0.1}),
    "rmsprop": (optim.rmsprop_update, {"centered": True, "momentum": 0.9, "eps": 0.1}),
    "adam": (optim.adam_update, {"weight_decay": 0.1, "eps": 0.1}),
    "amsgrad": (optim.adam_update, {"amsgrad": True, "betas": (0.5, 0.6)}),
    "adamw": (optim.adam_update, {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    "adamax": (optim.adamax_update, {"betas": (0.8, 0.5), "eps": 0.1}),
    "nadam": (optim.nadam_update, {"weight_decay": 0.1}),
    "radam": (optim.radam_update, {"betas": (0.8, 0.9), "weight_decay": 0.1}),
    "rprop": (optim.rprop_update, {}),
    "asgd": (optim.asgd_update, {"lambd": 0.1, "t0": 1, "weight_decay": 0.1}),
    "lion": (optim.lion_update, {"weight_decay": 0.1}),
    "muon": (optim.muon_update, {}),
    "adafactor": (optim.adafactor_update, {"weight_decay": 0.1}),
}
STEPS = {name: 7 if name == "radam" else 3 for name in RULES}


def matrix():
    return np.random.default_rng(1).normal(size=(3, 2))


def after(name, param, lr, **more):
    """A loss after some steps of descent on Σ cos(x + i) + x²/4, each with its own slope."""
    rule, options = RULES[name]
    state = {}
    for t in range(STEPS[name]):
        slope = -ag.sin(param + t) + param / 2
        param, state = rule(param, slope, state, lr=lr, **{**options, **more})
    return (param * param * param).sum()


@pytest.mark.parametrize("name", RULES)
def test_gradients_flow_through_updates_to_start_and_learning_rate(name):
    param = ag.tensor(matrix(), requires_grad=True)
    lr = ag.tensor(0.1, requires_grad=True)
    assert ag.gradcheck(lambda x, r: after(name, x, r), [param, lr])


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("adam", "eps", 0.1),
        ("adam", "weight_decay", 0.0),
        ("sgd", "momentum", 0.5),
        ("sgd", "weight_decay", 0.0),
        ("rmsprop", "alpha", 0.9),
        ("adadelta", "rho", 0.9),
        ("asgd", "lambd", 0.1),
        ("nadam", "momentum_decay", 0.1),
    ],
)
def test_gradients_flow_to_other_options(name, option, value):
    """To one that is 0 too: what is not there could still begin to matter."""
    given = ag.tensor(value, requires_grad=True)
    start = ag.tensor(matrix())
    (slope,) = ag.grad(after(name, start, 0.1, **{option: given}), [given])
    h = 1e-6
    up, down = (after(name, start, 0.1, **{option: value + e}).item() for e in (h, -h))
    np.testing.assert_allclose(slope.item(), (up - down) / (2 * h), rtol=1e-5)


def test_gradients_flow_to_betas():
    def loss(beta1, beta2):
        return after("adam", ag.tensor(matrix()), 0.1, betas=(beta1, beta2))

    betas = [ag.tensor(0.8, requires_grad=True), ag.tensor(0.9, requires_grad=True)]
    assert ag.gradcheck(loss, betas)


@pytest.mark.parametrize("name", RULES)
def test_second_derivatives_by_the_learning_rate(name):
    """The meta-gradient is itself a graph."""
    lr = ag.tensor(0.1, requires_grad=True)
    start = ag.tensor(matrix())
    assert ag.gradgradcheck(lambda r: after(name, start, r), [lr])


@pytest.mark.parametrize("name", RULES)
def test_the_rule_on_tensors_is_the_rule_on_arrays(name):
    rule, options = RULES[name]
    arrays, tensors = (matrix(), {}), (ag.tensor(matrix()), {})
    for t in range(3):
        g = cases.slope(matrix(), t)
        arrays = rule(arrays[0], g, arrays[1], **options)
        tensors = rule(tensors[0], ag.tensor(g), tensors[1], **options)
    assert isinstance(arrays[0], np.ndarray)
    np.testing.assert_allclose(tensors[0].data, arrays[0], rtol=1e-15)
    assert tensors[1].keys() == arrays[1].keys()


@pytest.mark.parametrize("name", RULES)
def test_the_rule_leaves_its_arguments_alone(name):
    rule, options = RULES[name]
    _, state = rule(matrix(), cases.slope(matrix(), 0), {}, **options)
    param, grad = matrix(), cases.slope(matrix(), 1)
    before = {k: np.copy(v) for k, v in {**state, "p": param, "g": grad}.items()}
    rule(param, grad, state, **options)
    for key, item in {**state, "p": param, "g": grad}.items():
        np.testing.assert_array_equal(item, before[key])


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", RULES)
def test_a_rule_keeps_the_dtype(name, dtype):
    """From its first step on, where parts of the state are numbers still."""
    rule, options = RULES[name]
    for made in (np.asarray, ag.tensor):
        param, state = made(matrix().astype(dtype)), {}
        for t in range(3):
            grad = made(cases.slope(matrix(), t).astype(dtype))
            param, state = rule(param, grad, state, **options)
            arrays = [param, *(item for item in state.values() if hasattr(item, "dtype"))]
            assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_lion_by_hand():
    """Chen et al. 2023, element by element in plain Python."""
    theta, m, lr, decay = 0.7, 0.0, 0.1, 0.05
    found, state = np.array([theta]), {}
    for g in (0.3, -2.0, 0.01, 0.5, -0.2):
        c = 0.9 * m + 0.1 * g
        theta -= lr * ((c > 0) - (c < 0) + decay * theta)
        m = 0.99 * m + 0.01 * g
        found, state = optim.lion_update(found, np.array([g]), state, lr=lr, weight_decay=decay)
        np.testing.assert_allclose(found, theta, rtol=1e-14)
        np.testing.assert_allclose(state["exp_avg"], m, rtol=1e-14)


@pytest.mark.parametrize("shape", [(4, 7), (7, 4), (5, 5)])
def test_orthogonalized_brings_singular_values_near_one(shape):
    """Same singular vectors, values in Jordan's band, for values that differ by a factor of 50."""
    rng = np.random.default_rng(0)
    u, _, v = np.linalg.svd(rng.normal(size=shape), full_matrices=False)
    found = optim.orthogonalized(u @ np.diag(np.geomspace(1, 0.02, len(v))) @ v, steps=7)
    inner = u.T @ found @ v.T
    assert np.all((np.diag(inner) > 0.65) & (np.diag(inner) < 1.25))
    np.testing.assert_allclose(inner, np.diag(np.diag(inner)), atol=1e-12)


def test_the_average_of_asgd_is_a_mean_from_t0_on():
    """μ is 1 up to the step after t0, so that the mean is of the points from there on."""
    x = ag.tensor([1.0], requires_grad=True)
    optimizer = optim.ASGD([x], lr=0.1, lambd=0.0, t0=2)
    seen = []
    for _ in range(5):
        x.grad = ag.tensor([1.0])
        optimizer.step()
        seen.append(x.item())
    np.testing.assert_allclose(optimizer.state[x]["ax"].item(), np.mean(seen[3:]))


def test_rprop_does_not_step_where_the_sign_turned():
    x = np.array([1.0])
    x, state = optim.rprop_update(x, np.array([1.0]), {}, lr=0.1)
    y, state = optim.rprop_update(x, np.array([-1.0]), state, lr=0.1)
    assert y.tolist() == x.tolist()
    assert state["step_size"].tolist() == [0.05]
    z, state = optim.rprop_update(y, np.array([-1.0]), state, lr=0.1)
    np.testing.assert_allclose(z - y, 0.05)


def test_newton_is_differentiable():
    def stepped(x, damping):
        a = ag.tensor([[2.0, 1.0], [1.0, 3.0]])
        return optim.newton_update(
            x, a @ x + x**3, {}, hessian=a + ag.diag(3 * x * x), lr=0.5, damping=damping
        )[0]

    assert ag.gradcheck(
        stepped,
        [ag.tensor([1.0, -0.5], requires_grad=True), ag.tensor(0.1, requires_grad=True)],
    )


def test_lbfgs_direction_is_newtons_on_a_quadratic():
    """After as many exact steps as dimensions the inverse Hessian is known."""
    a = np.diag([1.0, 4.0, 9.0])
    steps = list(np.eye(3))
    changes = [a @ s for s in steps]
    ro = [1 / (y @ s) for s, y in zip(steps, changes, strict=True)]
    g = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(
        optim.lbfgs_direction(g, steps, changes, ro, 1.0), -np.linalg.solve(a, g)
    )


def test_lbfgs_direction_is_differentiable():
    s, y = ag.tensor([0.3, 0.1]), ag.tensor([1.0, 0.7])
    g = ag.tensor([1.0, -2.0], requires_grad=True)
    assert ag.gradcheck(lambda g: optim.lbfgs_direction(g, [s], [y], [1 / (y @ s)], 0.4), [g])
