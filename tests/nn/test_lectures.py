"""The lectures' worked examples that nn and optim teach: A2-A6, C1, D4, E1-E3."""

import numpy as np
import pytest

import autograd as ag
import nn
import optim

ALL_SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
"""Of a cat, a car and a frog image, for the classes cat, car and frog."""


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def same(found, expected):
    np.testing.assert_allclose(np.array(found.tolist()), expected, rtol=1e-12, atol=1e-14)


# --- A2: the multiclass hinge loss ------------------------------------------------------------


def hinge(scores, y):
    """L_i = Σ_{j≠y} max(0, s_j − s_y + 1)."""
    own = scores[np.arange(len(y)), y].reshape(-1, 1)
    return ag.relu(scores - own + 1).sum(1) - 1


def test_a2_hinge():
    losses = hinge(ag.tensor(ALL_SCORES), [0, 1, 2])
    same(losses, [2.9, 0.0, 12.9])
    np.testing.assert_allclose(losses.mean().item(), 15.8 / 3)
    assert round(losses.mean().item(), 4) == 5.2667


def test_a2_hinge_gradient_counts_the_margins_that_are_broken():
    scores = ag.tensor(ALL_SCORES, requires_grad=True)
    hinge(scores, [0, 1, 2]).sum().backward()
    assert scores.grad.tolist() == [[-1, 1, 0], [0, 0, 0], [1, 1, -2]]


# --- A3: softmax and cross-entropy ------------------------------------------------------------


def test_a3_softmax():
    scores = ag.tensor(ALL_SCORES[0])
    assert [round(x, 2) for x in ag.exp(scores).tolist()] == [24.53, 164.02, 0.18]
    assert [round(x, 2) for x in nn.Softmax()(scores).tolist()] == [0.13, 0.87, 0.00]


def test_a3_cross_entropy():
    loss = nn.CrossEntropyLoss()(ag.tensor(ALL_SCORES[0]), 0).item()
    assert round(loss, 2) == 2.04
    assert round(loss / np.log(10), 2) == 0.89  # what the slide prints is the decimal logarithm


def test_a3_gradient_is_the_probabilities_less_the_truth():
    scores = ag.tensor(ALL_SCORES[0], requires_grad=True)
    nn.CrossEntropyLoss()(scores, 0).backward()
    same(scores.grad, nn.Softmax()(scores).data - [1, 0, 0])


# --- A4: the two-layer network ----------------------------------------------------------------


def test_a4_two_layer_network():
    model = nn.Sequential(
        nn.Linear(3, 4, bias=False, rng=0), nn.Tanh(), nn.Linear(4, 2, bias=False, rng=1)
    )
    x, t = draw(3), draw(2, seed=1)
    error = nn.MSELoss(reduction="sum")(model(ag.tensor(x)), t) / 2
    error.backward()

    w_ji, w_kj = model[0].weight.data, model[2].weight.data
    z = np.tanh(w_ji @ x)
    y = w_kj @ z
    delta_k = y - t
    delta_j = (1 - z**2) * (w_kj.T @ delta_k)
    np.testing.assert_allclose(error.item(), 0.5 * np.sum((y - t) ** 2))
    same(model[2].weight.grad, np.outer(delta_k, z))
    same(model[0].weight.grad, np.outer(delta_j, x))


# --- A5: the online algorithm with sigmoids ---------------------------------------------------


def test_a5_online_algorithm():
    layers = nn.Linear(3, 4, bias=False, rng=0), nn.Linear(4, 2, bias=False, rng=1)
    model = nn.Sequential(layers[0], nn.Sigmoid(), layers[1], nn.Sigmoid())
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    w_ji, w_kj = (layer.weight.data.copy() for layer in layers)

    for x, t in zip(draw(5, 3), draw(5, 2, seed=1), strict=True):
        optimizer.zero_grad()
        (nn.MSELoss(reduction="sum")(model(ag.tensor(x)), t) / 2).backward()
        optimizer.step()

        z = 1 / (1 + np.exp(-w_ji @ x))
        y = 1 / (1 + np.exp(-w_kj @ z))
        delta_k = y * (1 - y) * (y - t)
        delta_j = z * (1 - z) * (w_kj.T @ delta_k)
        w_kj = w_kj - 0.5 * np.outer(delta_k, z)
        w_ji = w_ji - 0.5 * np.outer(delta_j, x)
        same(layers[0].weight, w_ji)
        same(layers[1].weight, w_kj)


# --- A6: the linear classifier ----------------------------------------------------------------


def test_a6_four_pixels_and_three_classes():
    classifier = nn.Linear(4, 3)
    classifier.load_state_dict(
        {
            "weight": [[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0.0, 0.25, 0.2, -0.3]],
            "bias": [1.1, 3.2, -1.2],
        }
    )
    scores = classifier(ag.tensor([56.0, 231.0, 24.0, 2.0]))
    same(scores, [-96.8, 437.9, 60.75])
    assert scores.argmax().item() == 1  # a dog, says the toy


def test_a6_whole_image_by_shape():
    classifier = nn.Sequential(nn.Flatten(0), nn.Linear(3072, 10))
    assert classifier[1].weight.shape == (10, 3072)
    assert classifier(ag.tensor(draw(32, 32, 3))).shape == (10,)


# --- C1: "hello" ------------------------------------------------------------------------------

VOCABULARY = "helo"
ONE_HOT = np.eye(4)[[VOCABULARY.index(letter) for letter in "hell"]]
TARGETS = [VOCABULARY.index(letter) for letter in "ello"]


class Hello(nn.Module):
    """h_t = tanh(W_hh h_{t−1} + W_xh x_t), y_t = W_hy h_t."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.cell = nn.RNNCell(4, 3, bias=False, rng=rng)
        self.readout = nn.Linear(3, 4, bias=False, rng=rng)

    def forward(self, x):
        return nn.unroll(self.cell, x, readout=self.readout)[0]


@pytest.mark.parametrize("seed", range(5))
def test_c1_learns_to_say_hello(seed):
    model, loss = Hello(seed), nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(100):
        optimizer.zero_grad()
        loss(model(ONE_HOT), TARGETS).backward()
        optimizer.step()
    said = model(ONE_HOT).argmax(1).tolist()
    assert "".join(VOCABULARY[letter] for letter in said) == "ello"
    assert loss(model(ONE_HOT), TARGETS).item() < 0.1


def test_c1_is_unrolled_over_four_steps_with_shared_parameters():
    model = Hello(0)
    scores = model(ONE_HOT)
    steps = [edge.node.scope.chain() for edge in scores.node.operands]
    assert [[scope.name for scope in chain] for chain in steps] == [["Hello", "t", "Linear"]] * 4
    assert [chain[1].step for chain in steps] == [1, 2, 3, 4]
    assert len(list(model.parameters())) == 3


# --- D4: the gradients of a recurrent network -------------------------------------------------


def test_d4_gradients_of_the_unrolled_network():
    steps, inputs, hidden, classes = 5, 3, 4, 6
    cell, output = nn.RNNCell(inputs, hidden, rng=0), nn.Linear(hidden, classes, rng=1)
    x, y = draw(steps, inputs), np.random.default_rng(1).integers(0, classes, size=steps)
    o, _ = nn.unroll(cell, ag.tensor(x), readout=output)
    nn.CrossEntropyLoss(reduction="sum")(o, y).backward()

    u, w, v = cell.weight_ih.data, cell.weight_hh.data, output.weight.data
    b, c = cell.bias_ih.data + cell.bias_hh.data, output.bias.data
    h = [np.zeros(hidden)]
    for t in range(steps):
        h.append(np.tanh(b + w @ h[t] + u @ x[t]))
    powers = np.exp([c + v @ state for state in h[1:]])
    to_o = powers / powers.sum(1, keepdims=True) - np.eye(classes)[y]
    to_h = [v.T @ to_o[-1]]
    for t in range(steps - 1, 0, -1):
        to_h.insert(0, w.T @ (to_h[0] * (1 - h[t + 1] ** 2)) + v.T @ to_o[t - 1])
    to_a = [g * (1 - state**2) for g, state in zip(to_h, h[1:], strict=True)]

    same(output.bias.grad, to_o.sum(0))
    same(output.weight.grad, sum(np.outer(g, s) for g, s in zip(to_o, h[1:], strict=True)))
    same(cell.bias_ih.grad, np.sum(to_a, 0))
    same(cell.bias_hh.grad, np.sum(to_a, 0))
    same(cell.weight_hh.grad, sum(np.outer(g, s) for g, s in zip(to_a, h[:-1], strict=True)))
    same(cell.weight_ih.grad, sum(np.outer(g, s) for g, s in zip(to_a, x, strict=True)))


# --- E1: one step of the vanilla network ------------------------------------------------------


@pytest.mark.parametrize("batch", [(), (7,)])
def test_e1_vanilla_step(batch):
    cell, output = nn.RNNCell(4, 3, bias=False, rng=0), nn.Linear(3, 2, bias=False, rng=1)
    x, h = draw(*batch, 4), draw(*batch, 3, seed=1)
    w_xh, w_hh, w_hy = cell.weight_ih.data, cell.weight_hh.data, output.weight.data
    new = cell(ag.tensor(x), ag.tensor(h))
    same(new, np.tanh(h @ w_hh.T + x @ w_xh.T))
    same(output(new), new.data @ w_hy.T)


# --- E2: one step of the LSTM, forward and backward by hand -----------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_e2_lstm_step_and_the_backward_step_by_hand():
    n, d, hidden = 4, 3, 2
    cell = nn.LectureLSTMCell(d, hidden, rng=0)
    x, h, c = (
        ag.tensor(draw(n, size, seed=s), requires_grad=True)
        for s, size in enumerate((d, hidden, hidden))
    )
    to_h, to_c = draw(n, hidden, seed=3), draw(n, hidden, seed=4)
    new_h, new_c = cell(x, (h, c))
    ((new_h * to_h).sum() + (new_c * to_c).sum()).backward()

    w_x, w_h, b = cell.weight_x.data, cell.weight_h.data, cell.bias.data
    assert (w_x.shape, w_h.shape, b.shape) == ((d, 4 * hidden), (hidden, 4 * hidden), (4 * hidden,))
    a = x.data @ w_x + h.data @ w_h + b
    i, f, o = (sigmoid(part) for part in np.split(a, 4, axis=1)[:3])
    g = np.tanh(np.split(a, 4, axis=1)[3])
    after = f * c.data + i * g
    same(new_c, after)
    same(new_h, o * np.tanh(after))

    whole = to_c + to_h * o * (1 - np.tanh(after) ** 2)
    to_i, to_f = whole * g * i * (1 - i), whole * c.data * f * (1 - f)
    to_o, to_g = to_h * np.tanh(after) * o * (1 - o), whole * i * (1 - g**2)
    to_a = np.concatenate([to_i, to_f, to_o, to_g], axis=1)
    same(x.grad, to_a @ w_x.T)
    same(h.grad, to_a @ w_h.T)
    same(c.grad, whole * f)
    same(cell.weight_x.grad, x.data.T @ to_a)
    same(cell.weight_h.grad, h.data.T @ to_a)
    same(cell.bias.grad, to_a.sum(0))


# --- E3: gradients that vanish and explode ----------------------------------------------------

STEPS = 20


def recurrent(scale, nonlinearity):
    """States h_0 … h_T of h_t = φ(W·h_{t−1} + x_t), and W."""
    w = ag.tensor(scale * np.linalg.qr(draw(4, 4))[0])
    h = [ag.tensor(draw(4, seed=1) / 10, requires_grad=True)]
    for t in range(STEPS):
        h.append(nonlinearity(w @ h[-1] + draw(4, seed=2 + t) / 10))
    return h, w


def norm_of_jacobian(late, early):
    rows = [ag.grad(part, early)[0].data for part in ag.unbind(late)]
    return np.linalg.norm(np.stack(rows), 2)


@pytest.mark.parametrize(("nonlinearity", "slope"), [(ag.tanh, 1.0), (ag.sigmoid, 0.25)])
@pytest.mark.parametrize("scale", [0.5, 0.9, 2.0])
def test_e3_the_bound_holds(nonlinearity, slope, scale):
    h, w = recurrent(scale, nonlinearity)
    factor = np.linalg.norm(w.data, 2) * slope
    for k in range(0, STEPS, 5):
        bound = factor ** (STEPS - k)
        assert norm_of_jacobian(h[-1], h[k]) <= bound * (1 + 1e-9)


def test_e3_small_weights_vanish_and_large_ones_explode():
    for scale, nonlinearity in ((0.5, ag.tanh), (0.9, ag.sigmoid)):
        h, _ = recurrent(scale, nonlinearity)
        assert norm_of_jacobian(h[-1], h[0]) < 1e-6
    h, _ = recurrent(3.0, lambda x: ag.leaky_relu(x, 0.9))
    assert norm_of_jacobian(h[-1], h[0]) > 1e6


@pytest.mark.parametrize(("forget", "kept"), [(8.0, True), (0.0, False)])
def test_e3_an_lstm_keeps_its_memory_while_the_forget_gate_is_open(forget, kept):
    cell = nn.LSTMCell(2, 4, rng=0)
    with ag.no_grad():
        for bias in (cell.bias_ih, cell.bias_hh):
            bias[4:8] = forget / 2
    first = ag.tensor(np.zeros(4), requires_grad=True)
    h, c = ag.zeros(4), first
    for t in range(STEPS):
        h, c = cell(ag.tensor(draw(2, seed=t)), (h, c))
    norm = norm_of_jacobian(c, first)
    assert norm > 0.5 if kept else norm < 1e-2


def test_e3_clipping_tames_the_explosion():
    w = ag.tensor(3 * np.eye(4), requires_grad=True)
    h = ag.ones(4)
    for _ in range(STEPS):
        h = w @ h
    (h * h).sum().backward()
    assert abs(w.grad.data).max() > 1e15
    optim.clip_grad_value_([w], 5)
    assert abs(w.grad.data).max() == 5
