"""`derive` reads as a lecturer writes it on the board, and what it writes computes the same."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.compiler.passes import convolutions, on_board

RNG = np.random.default_rng(4)


def leaf(*shape):
    return ag.tensor(RNG.standard_normal(shape), requires_grad=True)


def t(*shape):
    return ag.tensor(RNG.standard_normal(shape))


def lines_of(source):
    """The statements of a function, each without its comment."""
    inside = source.split("\ndef ", 1)[1].splitlines()[1:]
    return [line.split("  #")[0].strip() for line in inside if line.strip()[:1] not in ("#", "")]


def run(source, name, values):
    """What a saved source gives, of arrays by the names of its parameters."""
    space = {}
    exec(source, space)
    names = space[name].__code__.co_varnames[: space[name].__code__.co_argcount]
    return space[name](*(values[n] for n in names))


def circuit(x, y, z):
    q = x + y
    f = q * z
    return f, ag.grad(f, [x, y, z])


NUMBERS = {"x": -2.0, "y": 5.0, "z": -4.0}  # LECTURES A1


def leaves():
    return [ag.tensor(number, requires_grad=True) for number in NUMBERS.values()]


def test_a_sum_hands_its_gradient_on_by_its_name():
    source = ag.derive(circuit, *leaves())
    assert lines_of(source) == [
        "q = x + y",
        "f = q * z",
        "d_f = np.ones_like(f)",
        "d_q = d_f * z",
        "d_x = d_q",
        "d_y = d_q",
        "d_z = d_f * q",
        "return (f, d_x, d_y, d_z)",
    ]
    assert "# ∂L/∂q = ∂L/∂f · z" in source
    assert "# ∂L/∂x = ∂L/∂q" in source
    assert run(source, "circuit", NUMBERS) == (-12.0, -4.0, -4.0, 3.0)


def test_backward_is_written_as_grad_is():
    def step(x, y, z):
        q = x + y
        f = q * z
        f.backward()
        return f

    asked = lines_of(ag.derive(circuit, *leaves()))
    assert lines_of(ag.derive(step, *leaves())) == asked


def test_a_compiled_circuit_keeps_a_persons_variables():
    compiled, given = ag.compile(circuit), leaves()
    f, gradients = compiled(*given)
    assert [f.item(), *(g.item() for g in gradients)] == [-12.0, -4.0, -4.0, 3.0]
    assert lines_of(compiled.source)[3:] == [
        "q = x_value + y_value",
        "f = q * z_value",
        "d_x = z_value",
        "d_y = z_value",
        "d_z = q",
        "return (f, d_x, d_y, d_z)",
    ]
    assert "# ∂L/∂z = q" in compiled.source


def test_a_summand_that_is_used_twice_has_a_gradient_of_its_own():
    def step(x, y):
        q = x + y
        p = q + x
        f = (p * p).sum()
        f.backward()
        return f

    x, y = leaf(3), leaf(3)
    given = {"x": x.detach().numpy(), "y": y.detach().numpy()}
    source = ag.derive(step, x, y)
    print(source)
    assert "d_x = d_q" not in lines_of(source)
    f = step(x, y)
    for mine, right in zip(run(source, "step", given), (f, x.grad, y.grad), strict=True):
        np.testing.assert_allclose(mine, right.detach().numpy())


def test_a_result_that_is_added_to_itself():
    def step(x):
        f = ag.exp(x)
        (f + f).sum().backward()

    source = ag.derive(step, leaf(3))
    (x,) = np.split(RNG.standard_normal(3), 1)
    (mine,) = run(source, "step", {"x": x})
    np.testing.assert_allclose(mine, 2 * np.exp(x))


def halves(x):
    a, b = ag.split(x, 2)
    return (a * b).sum()


def test_a_piece_is_cut_out_as_one_types_it():
    assert lines_of(ag.derive(halves, leaf(4)))[:2] == ["a = x[0:2]", "b = x[2:4]"]


def layer(a, t, w, b):
    z = a @ w.T + b
    h = ag.tanh(z)
    loss = ((h - t) ** 2).mean()
    loss.backward()
    return loss


def test_a_layer_has_plain_numbers_and_no_needless_repeats():
    parts = t(4, 2), t(4, 3), leaf(3, 2), leaf(3)
    source = ag.derive(layer, *parts)
    assert "c0" not in source
    assert "errstate" not in source
    backward = lines_of(source.split("# backward")[0]), lines_of(source)
    assert backward[1][len(backward[0]) :] == [
        "d_loss = np.ones_like(loss)",
        "d_h = d_loss / 12 * (2 * sub)",
        "d_z = d_h * (1 - h**2)",
        "d_b = np.sum(d_z, axis=0)",
        "d_w = d_z.T @ a",
        "return (loss, d_w, d_b)",
    ]
    loss = layer(*parts)
    given = dict(zip("atwb", (part.detach().numpy() for part in parts), strict=True))
    found = run(source, "layer", given)
    for mine, right in zip(found, (loss, parts[2].grad, parts[3].grad), strict=True):
        np.testing.assert_allclose(mine, right.detach().numpy())


def test_the_gradient_of_what_has_a_name_has_its_shape():
    def step(x):
        h = ag.tanh(x)
        h.sum().backward()

    assert "d_h = np.broadcast_to(d_sum, (3, 2))" in lines_of(ag.derive(step, leaf(3, 2)))


def test_classes_are_chosen_without_a_machines_checks():
    model, labels = nn.Linear(4, 3), ag.tensor(np.array([0, 2, 1]))

    def step(x):
        loss = nn.functional.cross_entropy(model(x), labels)
        loss.backward()

    source = ag.derive(step, t(3, 4))
    assert "Changed" not in source
    assert "np.add.at(d_log_softmax, (np.arange(3), labels), -(d_loss / 3))" in lines_of(source)
    assert "d_log_softmax = np.zeros((3, 3))" in lines_of(source)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_keep_the_dtype(dtype):
    x = ag.tensor(np.ones((2, 3), dtype), requires_grad=True)

    def step():
        ((x**3).mean() + (x**2).sum(0).sum()).backward()

    source = ag.derive(step)
    (mine,) = run(source, "step", {"x": np.ones((2, 3), dtype)})
    assert mine.dtype == dtype
    np.testing.assert_allclose(mine, np.full((2, 3), 2.5), rtol=1e-6)
    assert not re.search(r"\bc\d", source)


def test_derivatives_have_a_persons_names():
    def curve(x):
        f = (x**3).sum()
        (slope,) = ag.grad(f, [x], create_graph=True)
        (bend,) = ag.grad(slope.sum(), [x])
        return bend

    source = ag.derive(curve, leaf(4))
    assert "slope = d_f * (3 * x**2)" in lines_of(source)
    assert any(line.startswith("bend = ") for line in lines_of(source))
    np.testing.assert_allclose(run(source, "curve", {"x": np.arange(3.0)}), [[0.0, 6.0, 12.0]])


def test_derivatives_without_names_say_their_order():
    def product(x, v):
        f = (ag.tanh(x) ** 2).sum()
        gradient = ag.grad(f, x, create_graph=True)[0]
        return ag.grad((gradient * v).sum(), x)[0]

    x, v = leaf(4), t(4)
    source = ag.derive(product, x, v)
    assert any(line.startswith("d_x = ") for line in lines_of(source))
    assert any(line.startswith("d2_x = ") for line in lines_of(source))
    assert "d_d_x = d_sum * v" in lines_of(source)
    given = {"x": x.detach().numpy(), "v": v.numpy()}
    np.testing.assert_allclose(run(source, "product", given)[0], product(x, v).numpy())


def test_a_gradient_that_a_person_uses_has_its_name():
    w = leaf(3)

    def step(x):
        loss = ((x @ w) ** 2).sum()
        loss.backward()
        with ag.no_grad():
            w.sub_(0.1 * w.grad)
        w.grad = None
        return loss

    assert "w -= 0.1 * d_w" in lines_of(ag.derive(step, t(5, 3)))


def test_counts_are_called_by_what_they_will_be():
    w = leaf(3)
    rule = optim.Adam([w])

    @ag.compile
    def step():
        rule.zero_grad()
        (w * w).sum().backward()
        rule.step()

    step(), step()
    assert "new_w_step = w_step + 1" in lines_of(step.source)


def test_steps_are_not_called_as_what_they_are_steps_of():
    compiled = ag.compile(lambda x: ag.mean(ag.exp(x)) + 1.0)
    logistic = ag.compile(lambda x: ag.sigmoid(x).sum())
    compiled(t(2, 3)), logistic(t(2, 3))
    assert "mean_sum = exp.sum()" in lines_of(compiled.source)
    assert "sigmoid = 1 / sigmoid_add" in lines_of(logistic.source)


def conv_net(x, w, b):
    z = nn.functional.conv2d(x, w, b, padding=1, stride=2)
    h = nn.functional.max_pool2d(ag.relu(z), 2)
    p = nn.functional.avg_pool2d(h, 2, 1)
    loss = (p**2).sum()
    return loss, ag.grad(loss, [x, w, b])


def test_images_are_convolved_place_by_place():
    parts = leaf(2, 2, 9, 9), leaf(3, 2, 3, 3), leaf(3)
    source = ag.derive(conv_net, *parts)

    assert "batch_last" not in source
    loss, right = conv_net(*parts)
    given = dict(zip("xwb", (part.detach().numpy() for part in parts), strict=True))
    found = run(source, "conv_net", given)

    for mine, wanted in zip(found, (loss, *right), strict=True):
        np.testing.assert_allclose(mine, wanted.detach().numpy(), rtol=1e-12, atol=1e-13)


def test_what_nobody_uses_has_no_terms():
    layer = nn.LayerNorm(3)
    source = ag.derive(lambda x: (layer(x) ** 2).sum().backward(), leaf(2, 3))
    assert not re.search(r"\* 0\.0|0\.0 -|astype|dtype", source)


def test_whatever_is_noted_as_one_call_on_images_has_a_function_for_the_board():
    assert on_board.RULES.keys() == convolutions.RULES.keys()
