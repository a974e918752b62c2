"""Losses against PyTorch's values and gradients (2.13, measured), and their refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import autograd as ag

INF, NAN = math.inf, math.nan
SCORES = [[1.0, 2.0, 3.0], [1.0, 0.0, 0.0]]
WEIGHT = np.array([1.0, 2.0, 3.0])


def at(function, operands, *args, **options):
    """The value, and the gradients of its sum."""
    tensors = [ag.tensor(o, requires_grad=True) for o in operands]
    out = function(*tensors, *args, **options)
    out.sum().backward()
    return out.tolist(), [t.grad.tolist() for t in tensors]


CROSS_ENTROPY = {
    "plain": (
        ([2, 0], {}),
        0.4795253391882157,
        [
            [0.04501528658519022, 0.12236423552739882, -0.1673795221125891],
            [-0.21194155761708544, 0.10597077880854272, 0.10597077880854272],
        ],
    ),
    "smoothed": (
        ([2, 0], {"label_smoothing": 0.1}),
        0.5628586725215491,
        [
            [0.02834861991852355, 0.10569756886073216, -0.13404618877925578],
            [-0.17860822428375212, 0.08930411214187606, 0.08930411214187606],
        ],
    ),
    "weighted": (
        ([2, 0], {"weight": WEIGHT}),
        0.4435656518162981,
        [
            [0.06752292987778533, 0.18354635329109822, -0.25106928316888366],
            [-0.10597077880854272, 0.05298538940427136, 0.05298538940427136],
        ],
    ),
    "weighted and smoothed": (
        ([2, 0], {"weight": WEIGHT, "label_smoothing": 0.1}),
        0.5221616205534899,
        [
            [0.05693883221519249, 0.16076147484806164, -0.21770030706325422],
            [-0.07490119002273031, 0.041617261678031835, 0.033283928344698496],
        ],
    ),
    "ignored": (
        ([2, -100], {}),
        0.4076059644443804,
        [[0.09003057317038043, 0.24472847105479764, -0.3347590442251782], [0, 0, 0]],
    ),
    "ignored, smoothed, weighted": (
        ([2, -100], {"weight": WEIGHT, "label_smoothing": 0.1}),
        0.43846354340734556,
        [[0.07591844295358996, 0.2143486331307488, -0.29026707608433894], [0, 0, 0]],
    ),
    "probabilities, smoothed": (
        ([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]], {"label_smoothing": 0.1}),
        0.7878586725215491,
        [
            [0.02834861991852355, -0.11930243113926785, 0.09095381122074422],
            [-0.17860822428375212, 0.08930411214187606, 0.08930411214187606],
        ],
    ),
    "all ignored, summed": (([-100, -100], {"reduction": "sum"}), 0, [[0, 0, 0], [0, 0, 0]]),
}


@pytest.mark.parametrize("name", CROSS_ENTROPY)
def test_cross_entropy(name):
    (target, options), value, gradient = CROSS_ENTROPY[name]
    found, (found_gradient,) = at(ag.cross_entropy, [SCORES], np.array(target), **options)
    assert found == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(found_gradient, gradient, rtol=1e-12, atol=1e-15)


def test_cross_entropy_with_all_ignored_is_nan_without_gradient():
    with np.errstate(invalid="ignore"):
        value, (gradient,) = at(ag.cross_entropy, [SCORES], np.array([-100, -100]))
    assert math.isnan(value)
    assert gradient == [[0, 0, 0], [0, 0, 0]]


def test_a3_softmax_loss():
    assert round(float(ag.cross_entropy(np.array([3.2, 5.1, -1.7]), np.array(0))), 2) == 2.04


def test_cross_entropy_is_the_nll_of_log_probabilities():
    scores = np.random.default_rng(0).normal(size=(2, 3, 4))
    labels = np.array([[0, 1, 2, 2], [1, 1, -100, 0]])
    for reduction in ("none", "mean", "sum"):
        options = {"weight": WEIGHT, "reduction": reduction}
        whole = ag.cross_entropy(scores, labels, **options)
        steps = ag.nll_loss(ag.log_softmax(scores, 1), labels, **options)
        np.testing.assert_allclose(whole, steps)
        assert whole.shape == (labels.shape if reduction == "none" else ())
    assert ag.cross_entropy(scores, labels, reduction="none")[1, 2] == 0


def test_cross_entropy_of_probabilities():
    scores, q = np.random.default_rng(0).uniform(size=(2, 2, 3, 4))
    losses = ag.cross_entropy(scores, q, reduction="none")
    np.testing.assert_allclose(losses, -(q * ag.log_softmax(scores, 1)).sum(1))
    assert float(ag.cross_entropy(scores, q)) == pytest.approx(losses.mean())


SURE = [[0.0, 0.5]]


@pytest.mark.parametrize(
    ("function", "operands", "options", "value", "gradients"),
    [
        (ag.mse_loss, ([1.0, 3.0], [1.0, 1.0]), {}, 2, [[0, 2], [0, -2]]),
        (ag.l1_loss, ([0.0, 1.0], [0.0, 0.0]), {}, 0.5, [[0, 0.5], [0, -0.5]]),
        (
            ag.huber_loss,
            ([3.0, 1.0, -2.0], [0.0] * 3),
            {"delta": 2.0},
            2.1666666666666665,
            [[2 / 3, 1 / 3, -2 / 3], [-2 / 3, -1 / 3, 2 / 3]],
        ),
        (
            ag.smooth_l1_loss,
            ([3.0, 1.0, -2.0], [0.0] * 3),
            {"beta": 2.0},
            1.0833333333333333,
            [[1 / 3, 1 / 6, -1 / 3], [-1 / 3, -1 / 6, 1 / 3]],
        ),
        (ag.smooth_l1_loss, ([2.0], [0.0]), {"beta": 0.0}, 2, [[1], [-1]]),
        (
            ag.triplet_margin_loss,
            ([[0.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]]),
            {},
            1.0,
            [
                [[-1.0000010000005, 1.0000010000005]],
                [[0.9999999999995001, -1.0000010000005002e-06]],
                [[1.0000010000005002e-06, -0.9999999999995001]],
            ],
        ),
        (
            ag.pairwise_distance,
            ([[0.0, 0.0]], [[0.0, 0.0]]),
            {},
            [1.414213562373095e-06],
            [[[0.7071067811865476] * 2], [[-0.7071067811865476] * 2]],
        ),
        (
            ag.cosine_similarity,
            ([0.0, 0.0], [1.0, 0.0]),
            {"dim": 0},
            0,
            [[1e8, 0], [0, 0]],
        ),
        (ag.normalize, ([0.0, 0.0],), {"dim": 0}, [0, 0], [[1e12, 1e12]]),
        (
            ag.gaussian_nll_loss,
            ([0.0, 1.0], [1.0, 1.0], [0.0, 4.0]),
            {"full": True, "reduction": "none"},
            [499994.0111828992, 1.6120857137646180],
            [[-1e6, 0], [1e6, 0], [-5e11 + 5e5, 0.125]],
        ),
        (
            ag.poisson_nll_loss,
            ([0.0, 1.0], [0.0, 3.0]),
            {"full": True, "reduction": "none"},
            [1, 1.4823635],
            [[1, math.e - 3], [0, -1 + math.log(3) + 1 / 6]],
        ),
    ],
)
def test_values_and_gradients(function, operands, options, value, gradients):
    found, found_gradients = at(function, operands, **options)
    np.testing.assert_allclose(found, value, rtol=1e-7)
    for ours, theirs in zip(found_gradients, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("function", "operands", "target", "options", "value", "gradients"),
    [
        (
            ag.binary_cross_entropy,
            SURE,
            [1.0, 1.0],
            {},
            50.346573590279974,
            [[-500000001997.9014, -1.0]],
        ),
        (
            ag.binary_cross_entropy_with_logits,
            [[-1000.0, 1000.0]],
            [1.0, 0.0],
            {},
            1000,
            [[-0.5, 0.5]],
        ),
        (
            ag.binary_cross_entropy_with_logits,
            [[0.5, 0.5]],
            [1.0, 0.0],
            {"pos_weight": 3.0},
            1.1981539683602134,
            [[-0.566311003197218, 0.3112296656009273]],
        ),
        (ag.binary_cross_entropy_with_logits, [[0.0]], [1.0], {}, math.log(2), [[-0.5]]),
        (ag.hinge_embedding_loss, [[0.5, 0.5]], [1, -1], {}, 0.5, [[0.5, -0.5]]),
        (ag.hinge_embedding_loss, [[1.0]], [-1], {}, 0, [[-1]]),
        (ag.margin_ranking_loss, [[1.0], [1.0]], [1.0], {}, 0, [[-1], [1]]),
        (
            ag.soft_margin_loss,
            [[-1000.0, 0.0]],
            [1, -1],
            {"reduction": "sum"},
            1000.6931,
            [[-1, 0.5]],
        ),
        (ag.multi_margin_loss, [[[3.2, 5.1, -1.7]]], [0], {}, 2.9 / 3, [[[-1 / 3, 1 / 3, 0]]]),
        (ag.multilabel_margin_loss, [[0.1, 0.2, 0.4, 0.8]], [3, 0, -1, 1], {}, 0.85, None),
        (
            ag.multilabel_soft_margin_loss,
            [[[0.0, 0.0]]],
            [[1.0, 0.0]],
            {},
            math.log(2),
            [[[-0.25, 0.25]]],
        ),
        (ag.cosine_embedding_loss, [[[1.0, 0]], [[0.0, 1]]], [1], {}, 1, [[[0, -1]], [[-1, 0]]]),
    ],
)
def test_values_and_gradients_with_targets(function, operands, target, options, value, gradients):
    found, found_gradients = at(function, operands, np.array(target), **options)
    np.testing.assert_allclose(found, value, rtol=1e-7)
    if gradients is not None:
        for ours, theirs in zip(found_gradients, gradients, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


IMAGES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])


def test_a2_multiclass_hinge():
    labels = np.array([0, 1, 2])
    losses = ag.multiclass_hinge_loss(IMAGES, labels, reduction="none")
    np.testing.assert_allclose(losses, [2.9, 0, 12.9], atol=1e-12)
    assert float(ag.multiclass_hinge_loss(IMAGES, labels)) == pytest.approx(15.8 / 3)
    np.testing.assert_allclose(ag.multi_margin_loss(IMAGES, labels), 15.8 / 9)


def test_huber_is_smooth_l1_times_delta():
    x, y = np.random.default_rng(0).normal(size=(2, 20))
    np.testing.assert_allclose(
        ag.huber_loss(x, y, delta=0.3), 0.3 * ag.smooth_l1_loss(x, y, beta=0.3)
    )


def test_kl_div_reductions():
    logs = ag.log_softmax(np.array(SCORES), 1)
    q = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    mean, batch, total = (
        float(ag.kl_div(logs, q, reduction=r)) for r in ("mean", "batchmean", "sum")
    )
    assert (mean * 6, batch * 2) == pytest.approx((total, total))
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(
            ag.kl_div(logs, np.log(q + 1e-300), log_target=True), mean, rtol=1e-9
        )
    direct = sum(p * (math.log(p) - x) for p, x in zip(q.ravel(), logs.ravel(), strict=True) if p)
    assert total == pytest.approx(direct)


def test_zero_log_probabilities_cost_a_hundred():
    assert ag.binary_cross_entropy(np.array([0.0, 1.0]), np.array([1.0, 0.0])) == 100
    assert ag.binary_cross_entropy(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0


def test_shapes_that_merely_broadcast_are_warned_of():
    for loss in (ag.mse_loss, ag.l1_loss, ag.huber_loss, ag.smooth_l1_loss):
        with pytest.warns(UserWarning, match="hardly meant"):
            loss(np.ones((2, 1)), np.ones(2))


def test_a_triplet_with_a_distance_of_ones_own():
    a, p, n = (ag.tensor(v) for v in ([[0.0, 0.0]], [[1.0, 0.0]], [[3.0, 0.0]]))

    def squared(x, y):
        return ((x - y) ** 2).sum(-1)

    loss = ag.triplet_margin_with_distance_loss(a, p, n, distance_function=squared, margin=10.0)
    assert loss.item() == 1 - 9 + 10
    swapped = ag.triplet_margin_with_distance_loss(
        a, p, n, distance_function=squared, margin=10.0, swap=True
    )
    assert swapped.item() == 1 - 4 + 10


# --- connectionist temporal classification ----------------------------------------------------

LOGITS = np.cos(np.arange(24.0)).reshape(4, 2, 3)


def by_enumeration(log_probs, labels):
    """Minus the logarithm of the sum over every path that collapses to the labels."""
    steps, classes = log_probs.shape
    total = 0.0
    for path in itertools.product(range(classes), repeat=steps):
        spoken = [c for c, _ in itertools.groupby(path) if c != 0]
        if spoken == list(labels):
            total += math.exp(sum(log_probs[t, c] for t, c in enumerate(path)))
    return -math.log(total) if total else INF


@pytest.mark.parametrize("labels", [[1, 2], [2, 2], [1], [], [2, 1, 2], [1, 1, 1]])
@pytest.mark.parametrize("steps", [1, 3, 4])
def test_ctc_sums_over_all_alignments(labels, steps):
    logs = ag.log_softmax(LOGITS[:, 0], -1)
    loss = ag.ctc_loss(
        logs, np.array(labels, int), np.array(steps), np.array(len(labels)), reduction="sum"
    )
    assert float(loss) == pytest.approx(by_enumeration(logs[:steps], labels))


def test_ctc_values_and_gradient():
    """PyTorch 2.13, measured."""
    labels, times, sizes = np.array([[1, 2], [2, 2]]), np.array([4, 4]), np.array([2, 2])
    x = ag.tensor(LOGITS, requires_grad=True)
    logs = ag.log_softmax(x, -1)
    losses = ag.ctc_loss(logs, labels, times, sizes, reduction="none")
    np.testing.assert_allclose(losses.data, [1.7678, 2.2264], atol=5e-5)
    loss = ag.ctc_loss(logs, labels, times, sizes)
    loss.backward()
    assert loss.item() == pytest.approx(0.9985, abs=5e-5)
    expected = [[0.0053, -0.0377, 0.0324], [0.0183, 0.0586, -0.0769]]
    np.testing.assert_allclose(x.grad.data[0], expected, atol=5e-5)
    joined = ag.ctc_loss(logs, labels.reshape(-1), [4, 4], [2, 2])
    assert joined.item() == loss.item()


def test_ctc_labels_that_do_not_fit():
    x = ag.tensor(LOGITS[:1], requires_grad=True)
    args = (np.array([[1, 2], [0, 0]]), [1, 0], [2, 0])
    assert ag.ctc_loss(x, *args, reduction="none").tolist() == [INF, 0]
    loss = ag.ctc_loss(x, *args, zero_infinity=True)
    assert loss.item() == 0
    loss.backward()
    assert not x.grad.data.any()


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ag.cross_entropy(np.ones((1, 3)), np.array([3])), IndexError, "Target 3 is out"),
        (
            lambda: ag.cross_entropy(np.ones((1, 3)), np.ones((1, 3)), ignore_index=0),
            ValueError,
            "ignore",
        ),
        (lambda: ag.cross_entropy(np.ones(()), np.array(0)), ValueError, r"got \(\)"),
        (lambda: ag.nll_loss(np.ones((1, 3)), np.array([0]), np.ones(2)), ValueError, "all 3"),
        (lambda: ag.smooth_l1_loss(np.ones(1), np.ones(1), beta=-1), ValueError, "negative"),
        (lambda: ag.huber_loss(np.ones(1), np.ones(1), delta=0), ValueError, "greater than 0"),
        (lambda: ag.mse_loss(np.ones(1), np.ones(1), reduction="avg"), ValueError, "not a valid"),
        (lambda: ag.multi_margin_loss(np.ones((1, 2)), np.array([0]), 3), ValueError, "1 or 2"),
        (lambda: ag.multilabel_margin_loss(np.ones(2), np.array([2, -1])), IndexError, "bounds"),
        (lambda: ag.ctc_loss(LOGITS, np.array([1]), [4, 4], [1, 1]), ValueError, "fewer labels"),
        (lambda: ag.ctc_loss(LOGITS, np.array([[1], [1]]), [4], [1]), ValueError, "each of the 2"),
    ],
)
def test_refusals(call, kind, words):
    with pytest.raises(kind, match=words) as caught:
        call()
    assert isinstance(caught.value, ag.GlassError)


def test_a_variance_may_be_a_number():
    x, y = ag.tensor([1.0, 2.0]), ag.zeros(2)
    same = ag.gaussian_nll_loss(x, y, ag.full((2,), 2.0))
    assert ag.gaussian_nll_loss(x, y, 2.0).item() == pytest.approx(same.item())
    with pytest.raises(ag.RangeError, match="negative entries"):
        ag.gaussian_nll_loss(x, y, -2.0)


@pytest.mark.parametrize(
    ("loss", "each", "mean"),
    [
        (ag.mse_loss, [0, 1.5, 8], 9.5 / 3.5),
        (ag.l1_loss, [0, 1.5, 4], 5.5 / 3.5),
        (ag.huber_loss, [0, 0.75, 3], 3.75 / 3),
    ],
)
def test_a_weight_for_each_error(loss, each, mean):
    """As PyTorch 2.13 has them; the mean of Huber's losses divides by their number."""
    x, y = ag.tensor([1.0, 2.0, 3.0], requires_grad=True), ag.tensor([5.0, 1.0, 1.0])
    weight = ag.tensor([0.0, 1.5, 2.0], requires_grad=True)
    for reduction, value in {"none": each, "sum": sum(each), "mean": mean}.items():
        found = loss(x, y, reduction=reduction, weight=weight)
        np.testing.assert_allclose(found.tolist(), value)
    assert ag.gradcheck(lambda a, w: loss(a, y, weight=w), [x, weight])
    with pytest.raises(ag.ShapeError, match=r"weight has shape \(2,\)"):
        loss(x, y, weight=ag.ones(2))
