"""Penalties: values, gradients, and that weight decay is the L2 penalty."""

import numpy as np
import pytest

import autograd as ag
import nn
import optim

W, B = [[1.0, -2.0], [0.0, 0.5]], [3.0, -4.0]


def layer():
    model = nn.Linear(2, 2)
    model.load_state_dict({"weight": W, "bias": B})
    return model


def test_the_sums_of_sizes_and_of_squares():
    assert nn.l1_penalty(layer()).item() == 3.5 + 7
    assert nn.l2_penalty(layer()).item() == 5.25 + 25


def test_which_tensors_count_can_be_chosen():
    model = layer()
    assert nn.l1_penalty(model.weight).item() == 3.5
    assert nn.l2_penalty(p for n, p in model.named_parameters() if n == "bias").item() == 25


def test_gradients_are_signs_and_doubled_weights():
    for penalty, expected in ((nn.l1_penalty, np.sign), (nn.l2_penalty, lambda w: 2 * w)):
        model = layer()
        penalty(model).backward()
        for parameter in model.parameters():
            np.testing.assert_array_equal(parameter.grad.data, expected(parameter.data))


def test_gradients_of_orders_one_and_two():
    w = ag.tensor([0.5, -1.5], requires_grad=True)
    for penalty in (nn.l1_penalty, nn.l2_penalty):
        assert ag.gradcheck(lambda w, p=penalty: p([w, w * 2]), [w])
        assert ag.gradgradcheck(lambda w, p=penalty: p([w, w * 2]), [w])


def test_half_the_l2_penalty_is_weight_decay():
    penalised, decayed = layer(), layer()
    x, y = np.random.default_rng(0).normal(size=(2, 5, 2))
    first = optim.SGD(penalised.parameters(), lr=0.1)
    second = optim.SGD(decayed.parameters(), lr=0.1, weight_decay=0.3)
    for _ in range(3):
        for model, optimizer in ((penalised, first), (decayed, second)):
            optimizer.zero_grad()
            loss = nn.MSELoss()(model(ag.tensor(x)), y)
            if model is penalised:
                loss = loss + 0.3 / 2 * nn.l2_penalty(model)
            loss.backward()
            optimizer.step()
    for a, b in zip(penalised.parameters(), decayed.parameters(), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-12)


def test_float32_stays_float32():
    model = nn.Linear(2, 2, dtype=np.float32)
    assert nn.l1_penalty(model).dtype == nn.l2_penalty(model).dtype == np.float32


@pytest.mark.parametrize("penalty", [nn.l1_penalty, nn.l2_penalty])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "got none.*used up before"),
        (nn.Tanh(), "got none"),
        (0.1, r"got float. Write l._penalty\(model\)"),
        ([np.ones(2)], "got ndarray"),
        ("weights", "got str"),
    ],
)
def test_what_holds_no_tensors_is_refused(penalty, given, words):
    with pytest.raises(ag.ArgumentError, match=words):
        penalty(given)
