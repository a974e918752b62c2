"""Losses against stored values (PyTorch 2.13, measured), their gradients and their words."""

import json
from pathlib import Path

import numpy as np
import pytest
from facts.losses import CLASSES, IGNORED, LOSSES, PROBABILITIES
from facts.reference import at
from loss_cases import called, cases, directions

import autograd as ag
import nn

SCORES = [[1.0, 2.0, 3.0], [1.0, 0.0, 0.0]]
WEIGHT = [1.0, 2.0, 3.0]


def both(options, target, scores=SCORES):
    """The loss and its gradient by the scores."""
    x = ag.tensor(scores, requires_grad=True)
    loss = nn.CrossEntropyLoss(**options)(x, target)
    loss.backward()
    return loss.item(), x.grad.tolist()


MEASURED = {
    "plain": (
        {},
        [2, 0],
        0.4795253391882157,
        [
            [0.04501528658519022, 0.12236423552739882, -0.1673795221125891],
            [-0.21194155761708544, 0.10597077880854272, 0.10597077880854272],
        ],
    ),
    "smoothed": (
        {"label_smoothing": 0.1},
        [2, 0],
        0.5628586725215491,
        [
            [0.02834861991852355, 0.10569756886073216, -0.13404618877925578],
            [-0.17860822428375212, 0.08930411214187606, 0.08930411214187606],
        ],
    ),
    "weighted": (
        {"weight": WEIGHT},
        [2, 0],
        0.4435656518162981,
        [
            [0.06752292987778533, 0.18354635329109822, -0.25106928316888366],
            [-0.10597077880854272, 0.05298538940427136, 0.05298538940427136],
        ],
    ),
    "weighted and smoothed": (
        {"weight": WEIGHT, "label_smoothing": 0.1},
        [2, 0],
        0.5221616205534899,
        [
            [0.05693883221519249, 0.16076147484806164, -0.21770030706325422],
            [-0.07490119002273031, 0.041617261678031835, 0.033283928344698496],
        ],
    ),
    "ignored": (
        {},
        [2, -100],
        0.4076059644443804,
        [[0.09003057317038043, 0.24472847105479764, -0.3347590442251782], [0.0, 0.0, 0.0]],
    ),
    "ignored, smoothed, weighted": (
        {"weight": WEIGHT, "label_smoothing": 0.1},
        [2, -100],
        0.43846354340734556,
        [[0.07591844295358996, 0.2143486331307488, -0.29026707608433894], [0.0, 0.0, 0.0]],
    ),
    "probabilities, smoothed": (
        {"label_smoothing": 0.1},
        [[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]],
        0.7878586725215491,
        [
            [0.02834861991852355, -0.11930243113926785, 0.09095381122074422],
            [-0.17860822428375212, 0.08930411214187606, 0.08930411214187606],
        ],
    ),
}


@pytest.mark.parametrize("case", MEASURED)
def test_cross_entropy_as_measured(case):
    options, target, value, gradient = MEASURED[case]
    found, slopes = both(options, target)
    np.testing.assert_allclose(found, value, rtol=1e-14)
    np.testing.assert_allclose(slopes, gradient, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_all_ignored_is_nan_with_zero_gradients(weight):
    with np.errstate(invalid="ignore"):
        value, slopes = both({"weight": weight}, [-100, -100])
    assert np.isnan(value)
    assert slopes == np.zeros((2, 3)).tolist()


def test_all_ignored_sums_to_zero():
    value, slopes = both({"reduction": "sum"}, [-100, -100])
    assert value == 0
    assert slopes == np.zeros((2, 3)).tolist()


def test_reductions_agree():
    x, y = ag.tensor(SCORES), [2, -100]
    for options in ({}, {"label_smoothing": 0.2}, {"weight": WEIGHT}):
        each = nn.CrossEntropyLoss(**options, reduction="none")(x, y)
        assert each.shape == (2,)
        assert each.tolist()[1] == 0
        total = nn.CrossEntropyLoss(**options, reduction="sum")(x, y).item()
        np.testing.assert_allclose(total, sum(each.tolist()))


def test_unbatched():
    x = ag.tensor(SCORES[0])
    loss = nn.CrossEntropyLoss(reduction="none")(x, 2)
    assert loss.shape == ()
    np.testing.assert_allclose(loss.item(), 0.4076059644443804)
    np.testing.assert_allclose(nn.CrossEntropyLoss()(x, np.int64(2)).item(), loss.item())
    soft = nn.CrossEntropyLoss(reduction="none")(x, [0.0, 0.0, 1.0])
    assert soft.shape == ()
    np.testing.assert_allclose(soft.item(), loss.item())


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_further_dimensions_count_as_further_targets(reduction):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 3, 4, 5)), rng.integers(0, 3, size=(2, 4, 5))
    y[0, 1, 2] = 7
    options = {"reduction": reduction, "weight": WEIGHT, "ignore_index": 7, "label_smoothing": 0.1}
    spread = nn.CrossEntropyLoss(**options)(ag.tensor(x), y)
    rows = nn.CrossEntropyLoss(**options)(
        ag.tensor(np.moveaxis(x, 1, -1).reshape(-1, 3)), y.ravel()
    )
    assert spread.shape == (y.shape if reduction == "none" else ())
    np.testing.assert_allclose(np.ravel(spread.tolist()), np.ravel(rows.tolist()))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 3, 4)])
def test_certain_probabilities_are_class_indices(shape, reduction):
    rng = np.random.default_rng(0)
    x = ag.tensor(rng.normal(size=shape))
    y = rng.integers(0, 3, size=(*shape[:1], *shape[2:]) if len(shape) > 1 else ())
    soft = np.moveaxis(np.eye(3)[y], -1, 0 if len(shape) == 1 else 1)
    loss = nn.CrossEntropyLoss(reduction=reduction, label_smoothing=0.1)
    np.testing.assert_allclose(loss(x, soft).tolist(), loss(x, y).tolist())


def test_weighted_probabilities_are_averaged_over_all():
    loss = nn.CrossEntropyLoss(weight=WEIGHT)(ag.tensor(SCORES), np.eye(3)[[2, 0]])
    each = nn.CrossEntropyLoss(reduction="none")(ag.tensor(SCORES), [2, 0]).tolist()
    np.testing.assert_allclose(loss.item(), (3 * each[0] + 1 * each[1]) / 2)


@pytest.mark.parametrize(
    ("options", "target"),
    [
        ({}, [2, 0]),
        ({"weight": WEIGHT, "label_smoothing": 0.2}, [1, -100]),
        ({"reduction": "none", "label_smoothing": 0.2}, [1, -100]),
        ({"reduction": "sum"}, [[0.2, 0.3, 0.5], [0.1, 0.9, 0.0]]),
    ],
)
def test_cross_entropy_gradients(options, target):
    x = ag.tensor(SCORES, requires_grad=True)
    loss = nn.CrossEntropyLoss(**options)
    assert ag.gradcheck(lambda x: loss(x, target), [x])
    assert ag.gradgradcheck(lambda x: loss(x, target), [x])


def test_probability_targets_have_gradients_too():
    x = ag.tensor(SCORES, requires_grad=True)
    q = ag.tensor([[0.2, 0.3, 0.5], [0.1, 0.9, 0.0]], requires_grad=True)
    assert ag.gradcheck(nn.CrossEntropyLoss(label_smoothing=0.1), [x, q])


def test_targets_may_be_tensors_of_any_integer_type():
    for dtype in (np.int64, np.uint8, np.int32):
        target = ag.tensor([2, 0], dtype=dtype)
        loss = nn.CrossEntropyLoss()(ag.tensor(SCORES), target)
        np.testing.assert_allclose(loss.item(), 0.4795253391882157)


def test_large_scores_do_not_overflow():
    value, slopes = both({}, [0, 1], [[1000.0, 0.0, 0.0], [1000.0, 0.0, 0.0]])
    assert value == 500
    np.testing.assert_allclose(slopes, [[0, 0, 0], [0.5, -0.5, 0]], atol=1e-12)


def test_float32_stays_float32():
    x = ag.tensor(SCORES, dtype=np.float32, requires_grad=True)
    loss = nn.CrossEntropyLoss(weight=WEIGHT, label_smoothing=0.1)(x, [2, 0])
    loss.backward()
    assert loss.dtype == x.grad.dtype == np.float32


def test_an_empty_batch_has_no_mean():
    empty = ag.tensor(np.ones((0, 3)), requires_grad=True)
    assert np.isnan(nn.CrossEntropyLoss()(empty, np.zeros(0, int)).item())
    assert nn.CrossEntropyLoss(reduction="sum")(empty, np.zeros(0, int)).item() == 0


def test_the_graph_of_the_plain_loss_is_its_formula():
    loss = nn.CrossEntropyLoss()(ag.tensor(SCORES, requires_grad=True), [2, 0])
    found, node = [], loss.node
    while node is not None:
        found.append(node.op.name)
        node = node.operands[0].node
    assert found == ["mean", "neg", "getitem", "log_softmax"]


def test_class_weights_are_a_buffer():
    loss = nn.CrossEntropyLoss(weight=WEIGHT)
    assert list(loss.parameters()) == []
    assert list(loss.state_dict()) == ["weight"]
    assert nn.CrossEntropyLoss().weight is None


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [[3, 0], [0, 3]])
def test_a_class_without_score_is_named(target):
    with pytest.raises(IndexError, match="Target 3 is out of bounds") as caught:
        nn.CrossEntropyLoss()(ag.tensor(SCORES), target)
    assert isinstance(caught.value, ag.GlassError)


def test_negative_classes_are_refused():
    with pytest.raises(ag.IndexingError, match="Target -1 is out of bounds"):
        nn.CrossEntropyLoss()(ag.tensor(SCORES), [0, -1])


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ([2.0, 0.0], r"class indices are integers of shape \(2,\), got float64.*astype\(int\)"),
        ([True, False], "are integers.*got bool"),
    ],
)
def test_targets_of_the_wrong_kind_are_explained(target, words):
    with pytest.raises(TypeError, match=words):
        nn.CrossEntropyLoss()(ag.tensor(SCORES), target)


@pytest.mark.parametrize("target", [[2, 0, 1], 2, [[2], [0]], [[0, 0, 1], [1, 0, 0]]])
def test_targets_of_the_wrong_shape_are_explained(target):
    with pytest.raises(ag.ShapeError, match=r"go with class indices of shape \(2,\)"):
        nn.CrossEntropyLoss()(ag.tensor(SCORES), target)


def test_a_number_is_no_row_of_scores():
    with pytest.raises(ag.ShapeError, match=r"got \(\)"):
        nn.CrossEntropyLoss()(ag.tensor(1.0), 0)


def test_weights_for_other_classes_are_refused():
    with pytest.raises(ag.ShapeError, match="all 3 classes or no classes"):
        nn.CrossEntropyLoss(weight=[1.0, 2.0])(ag.tensor(SCORES), [0, 1])


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match="avg is not a valid value for reduction"):
        nn.CrossEntropyLoss(reduction="avg")
    with pytest.raises(ValueError, match=r"between 0\.0 and 1\.0\. Got: 1\.5"):
        nn.CrossEntropyLoss(label_smoothing=1.5)
    with pytest.raises(ValueError, match="not supported for floating point target"):
        nn.CrossEntropyLoss(ignore_index=0)(ag.tensor(SCORES), np.ones((2, 3)))


# --- MSELoss ----------------------------------------------------------------------------------


def test_squared_error():
    x, y = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), [[1.0, 0.0], [0.0, 4.0]]
    assert nn.MSELoss()(x, y).item() == 13 / 4
    assert nn.MSELoss(reduction="sum")(x, y).item() == 13
    assert nn.MSELoss(reduction="none")(x, y).tolist() == [[0.0, 4.0], [9.0, 0.0]]
    assert ag.gradcheck(lambda x: nn.MSELoss()(x, y), [x])
    assert ag.gradgradcheck(lambda x: nn.MSELoss()(x, y), [x])


def test_the_target_has_a_gradient_too():
    x, y = (ag.tensor(v, requires_grad=True) for v in ([1.0, 2.0], [0.0, 4.0]))
    nn.MSELoss()(x, y).backward()
    assert x.grad.tolist() == [1.0, -2.0]
    assert y.grad.tolist() == [-1.0, 2.0]


def test_shapes_that_merely_broadcast_are_warned_of():
    words = r"shape \(2, 1\) with a target of shape \(2,\)"
    with pytest.warns(UserWarning, match=words) as caught:
        nn.MSELoss()(ag.tensor([[1.0], [2.0]]), ag.tensor([1.0, 2.0]))
    assert caught[0].filename == __file__


def test_shapes_that_do_not_broadcast_are_refused():
    with pytest.raises(ag.ShapeError, match="do not broadcast"):
        nn.MSELoss()(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 2.0, 3.0]))


# --- every loss against PyTorch (tests/nn/reference/make_losses.py wrote the values) ------------

CASES = cases()
REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "losses.json").read_text(encoding="utf-8")
)


def run(case, dtype=np.float64):
    """Value and gradients of a case, floats in one dtype."""

    def cast(x):
        return x.astype(dtype) if x.dtype.kind == "f" else x

    inputs = [ag.tensor(cast(x), requires_grad=i < case.by) for i, x in enumerate(case.inputs)]
    value = called(case, getattr(nn, case.loss)(**case.options), inputs, ag)
    (value * directions(value.shape).astype(dtype)).sum().backward()
    return value, [x.grad for x in inputs[: case.by]]


def close(found, expected, rtol, atol):
    for ours, theirs in zip([found[0], *found[1]], [expected[0], *expected[1]], strict=True):
        assert ours.shape == np.shape(theirs)
        np.testing.assert_allclose(ours.data, theirs, rtol=rtol, atol=atol)


def test_the_reference_covers_every_loss_of_both_libraries():
    assert list(REFERENCE) == list(CASES)
    ours = {name for name in vars(nn) if name.endswith("Loss")}
    assert ours - {case.loss for case in CASES.values()} == {
        "MulticlassHingeLoss",
        "SquaredTripletLoss",
    }


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_pytorchs(name):
    close(run(CASES[name]), REFERENCE[name], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", CASES)
def test_every_loss_stays_float32(name):
    with np.errstate(over="ignore"):
        value, gradients = run(CASES[name], np.float32)
    assert {x.dtype for x in (value, *gradients)} == {np.dtype(np.float32)}
    close((value, gradients), REFERENCE[name], rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("name", CASES)
def test_gradients_of_orders_one_and_two(name):
    case = CASES[name]
    loss = getattr(nn, case.loss)(**case.options)
    leaves = [ag.tensor(x, requires_grad=True) for x in case.inputs[: case.by]]
    rest = case.inputs[case.by :]
    assert ag.gradcheck(lambda *x: called(case, loss, [*x, *rest], ag), leaves)
    assert ag.gradgradcheck(lambda *x: called(case, loss, [*x, *rest], ag), leaves)


# --- the lectures' own forms --------------------------------------------------------------------


CAT_CAR_FROG = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]


def test_a2_hinge_as_a_sum_and_as_pytorchs_mean():
    scores = ag.tensor(CAT_CAR_FROG, requires_grad=True)
    losses = nn.MulticlassHingeLoss(reduction="none")(scores, [0, 1, 2])
    np.testing.assert_allclose(losses.data, [2.9, 0, 12.9], atol=1e-12)
    assert round(nn.MulticlassHingeLoss()(scores, [0, 1, 2]).item(), 4) == 5.2667
    assert nn.MultiMarginLoss()(scores, [0, 1, 2]).item() == pytest.approx(15.8 / 9)
    losses.sum().backward()
    assert scores.grad.tolist() == [[-1, 1, 0], [0, 0, 0], [1, 1, -2]]


def test_a3_in_two_steps_and_in_one():
    scores = ag.tensor([CAT_CAR_FROG[0]])
    steps = nn.NLLLoss()(nn.LogSoftmax()(scores), [0]).item()
    assert round(steps, 2) == round(nn.CrossEntropyLoss()(scores, [0]).item(), 2) == 2.04


def test_a5_half_the_sum_of_squares_after_a_sigmoid():
    net, t = ag.tensor([0.3, -1.2], requires_grad=True), np.array([1.0, 0.0])
    y = nn.Sigmoid()(net)
    (nn.MSELoss(reduction="sum")(y, t) / 2).backward()
    np.testing.assert_allclose(net.grad.data, y.data * (1 - y.data) * (y.data - t))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_the_hinge_of_lecture_a2_is_the_multi_margin_times_the_classes(reduction):
    scores = ag.tensor(np.random.default_rng(0).normal(size=(3, 4)), requires_grad=True)
    hinge = nn.MulticlassHingeLoss(0.7, reduction=reduction)
    other = nn.MultiMarginLoss(margin=0.7, reduction=reduction)
    np.testing.assert_allclose(hinge(scores, [3, 0, 1]).data, 4 * other(scores, [3, 0, 1]).data)
    assert ag.gradcheck(lambda x: hinge(x, [3, 0, 1]), [scores])
    assert ag.gradgradcheck(lambda x: hinge(x, [3, 0, 1]), [scores])


def test_the_hinge_takes_one_example():
    assert nn.MulticlassHingeLoss()([3.2, 5.1, -1.7], 0).item() == pytest.approx(2.9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_triplet_of_the_lecture_has_squared_distances(dtype):
    rows = np.random.default_rng(0).normal(size=(3, 5, 4)).astype(dtype)
    a, p, n = (ag.tensor(x, requires_grad=True) for x in rows)
    each = nn.SquaredTripletLoss(0.3, reduction="none")
    near, far = ((rows[0] - rows[1]) ** 2).sum(-1), ((rows[0] - rows[2]) ** 2).sum(-1)
    np.testing.assert_allclose(each(a, p, n).data, np.maximum(near - far + 0.3, 0), rtol=1e-6)
    assert each(a, p, n).dtype == dtype
    if dtype == np.float64:
        assert ag.gradcheck(nn.SquaredTripletLoss(), [a, p, n])
        assert ag.gradgradcheck(nn.SquaredTripletLoss(), [a, p, n])


def test_equal_vectors_have_a_gradient_in_the_lectures_triplet():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    nn.SquaredTripletLoss()(x, [1.0, 2.0], [1.0, 2.0]).backward()
    assert x.grad.tolist() == [0, 0]


# --- what was measured at awkward points, through the classes -----------------------------------


def entropy(target, **options):
    return at(lambda x: nn.CrossEntropyLoss(**options)(x, target), SCORES)


NOBODY = np.array([-100, -100])
MEASURED_FACTS = {
    "ce": entropy(CLASSES),
    "ce ls": entropy(CLASSES, label_smoothing=0.1),
    "ce weight": entropy(CLASSES, weight=WEIGHT),
    "ce weight+ls": entropy(CLASSES, weight=WEIGHT, label_smoothing=0.1),
    "ce ignore": entropy(IGNORED),
    "ce ignore + ls + weight": entropy(IGNORED, weight=WEIGHT, label_smoothing=0.1),
    "ce all ignored": entropy(NOBODY),
    "ce all ignored sum": entropy(NOBODY, reduction="sum"),
    "ce probs + ls": entropy(PROBABILITIES, label_smoothing=0.1),
    "bce with p=0": at(lambda p: nn.BCELoss()(p, [1.0, 1.0]), [0, 0.5]),
    "bce logits": at(lambda x: nn.BCEWithLogitsLoss()(x, [1.0, 0.0]), [-1000, 1000]),
    "bce logits pos_weight": at(
        lambda x: nn.BCEWithLogitsLoss(pos_weight=[3.0])(x, [1.0, 0.0]), [0.5, 0.5]
    ),
    "smooth_l1 beta": at(lambda x: nn.SmoothL1Loss(beta=2.0)(x, [0.0] * 3), [2, 1, -3]),
    "huber delta": at(lambda x: nn.HuberLoss(delta=2.0)(x, [0.0] * 3), [2, 1, -3]),
    "l1 at 0": at(lambda x: nn.L1Loss()(x, [0.0, 0.0]), [0, 1]),
    "hinge_embedding": at(lambda x: nn.HingeEmbeddingLoss()(x, [1, -1]), [0.5, 0.5]),
    "margin_ranking at 0": at(lambda a, b: nn.MarginRankingLoss()(a, b, [1.0]), [1.0], [1.0]),
    "triplet": at(nn.TripletMarginLoss(), [[0, 0]], [[1, 0]], [[0, 1]]),
}


@pytest.mark.parametrize("label", MEASURED_FACTS)
def test_awkward_points_as_the_facts_have_them(label):
    with np.errstate(all="ignore"):
        np.testing.assert_equal(MEASURED_FACTS[label](), LOSSES[label]())


# --- arguments and their words ------------------------------------------------------------------


@pytest.mark.parametrize("loss", sorted({case.loss for case in CASES.values()}))
def test_every_loss_refuses_a_reduction_that_is_none(loss):
    with pytest.raises(ag.RangeError, match="avg is not a valid value for reduction: write 'mean'"):
        getattr(nn, loss)(reduction="avg")


def test_only_the_divergence_has_batchmean():
    assert nn.KLDivLoss("batchmean").reduction == "batchmean"
    with pytest.raises(ag.RangeError, match="'mean', 'sum' or 'none'"):
        nn.MSELoss("batchmean")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.SmoothL1Loss(beta=-1.0), "beta is not negative, got -1.0"),
        (lambda: nn.HuberLoss(delta=0.0), "delta is greater than 0, got 0.0"),
        (lambda: nn.GaussianNLLLoss(eps=0.0), "eps is greater than 0, got 0.0"),
        (lambda: nn.MultiMarginLoss(p=3), "p is 1 or 2, got 3"),
        (lambda: nn.MultiMarginLoss(weight=1.0), r"weight has shape \(C,\), got \(\)"),
        (lambda: nn.TripletMarginLoss(margin=0.0), "margin is greater than 0, got 0.0"),
        (lambda: nn.SquaredTripletLoss(-1.0), "SquaredTripletLoss: margin is not negative"),
    ],
)
def test_arguments_without_meaning_are_refused_at_once(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert isinstance(caught.value, ag.GlassError)


ROWS = np.full((2, 3), 0.5)


@pytest.mark.parametrize(
    ("loss", "inputs", "error", "words"),
    [
        (nn.NLLLoss(), (ROWS, [0, 3]), IndexError, "Target 3 is out of bounds: with 3 scores"),
        (nn.NLLLoss(), (ROWS, [0.0, 1.0]), TypeError, "class indices are integers of shape"),
        (nn.NLLLoss(), (ROWS, [0]), ag.ShapeError, r"class indices of shape \(2,\), got \(1,\)"),
        (nn.NLLLoss([1.0]), (ROWS, [0, 1]), ag.ShapeError, "all 3 classes or no classes"),
        (nn.BCELoss(), (ROWS + 1, ROWS), ValueError, "between 0 and 1.*they are probabilities"),
        (nn.BCELoss(), (ROWS, ROWS[0]), ag.ShapeError, r"same shape, got \(2, 3\) and \(3,\)"),
        (nn.BCELoss(), (ROWS, ROWS * 4), ValueError, "elements of target are between 0 and 1"),
        (nn.BCEWithLogitsLoss(), (ROWS, [1.0]), ag.ShapeError, "must have the same shape"),
        (nn.MulticlassHingeLoss(), (ROWS, [0, -1]), IndexError, "target -1 is out of bounds"),
        (nn.MulticlassHingeLoss(), (ROWS, [0.0, 1.0]), TypeError, "are integers, got float64"),
        (nn.MultiMarginLoss(), (ROWS, [[0], [1]]), ag.ShapeError, r"\(N, C\) go with class ind"),
        (nn.MultiMarginLoss(weight=[1.0]), (ROWS, [0, 1]), ag.ShapeError, "all 3 classes"),
        (nn.MultiLabelMarginLoss(), (ROWS, [0, 1]), ag.ShapeError, "same shape as the scores"),
        (nn.MultiLabelMarginLoss(), (ROWS, ROWS), TypeError, "integers, got float64"),
        (nn.MultiLabelMarginLoss(), (ROWS[0], [3, -1, 0]), IndexError, "classes are 0 to 2"),
        (nn.MultiLabelMarginLoss(), (ROWS[0], [1, -2, -1]), IndexError, "-1 ends them"),
        (nn.GaussianNLLLoss(), (ROWS, ROWS, -ROWS), ValueError, "var has negative entries"),
        (nn.GaussianNLLLoss(), (ROWS, ROWS, ROWS[0]), ag.ShapeError, r"var is of shape \(3,\)"),
        (nn.CosineEmbeddingLoss(), ([ROWS], [ROWS], 1), ag.ShapeError, "expected 1 or 2 dim"),
        (nn.TripletMarginLoss(), (ROWS, ROWS[0], ROWS), ag.ShapeError, "same number of dimensions"),
        (nn.SquaredTripletLoss(), (ROWS, ROWS[0], ROWS), ag.ShapeError, "same number of dim"),
        (nn.KLDivLoss(), (ROWS, ROWS[:, :2]), ag.ShapeError, "do not broadcast"),
        (nn.SoftMarginLoss(), (ROWS, ROWS[:, :2]), ag.ShapeError, "do not broadcast"),
        (nn.PoissonNLLLoss(), (ROWS, ROWS[:, :2]), ag.ShapeError, "do not broadcast"),
        (nn.MarginRankingLoss(), (ROWS, ROWS, [1.0, -1.0]), ag.ShapeError, "do not broadcast"),
        (nn.CTCLoss(3), (ROWS, [1], [2], [1]), TypeError, "blank must be one of the 3 classes"),
        (nn.CTCLoss(), (ROWS, [5], [2], [1]), IndexError, "classes are 0 to 2"),
        (nn.CTCLoss(), (ROWS, [0], [2], [1]), IndexError, "class 0 is the blank"),
        (nn.CTCLoss(), (ROWS, [1], [3], [1]), ag.ShapeError, r"at most 2; got \[3\]"),
        (nn.CTCLoss(), (ROWS, [1], [2], [2]), ag.ShapeError, "hold fewer labels than"),
    ],
)
def test_wrong_inputs_are_explained(loss, inputs, error, words):
    with pytest.raises(error, match=words) as caught:
        loss(*inputs)
    assert isinstance(caught.value, ag.GlassError)


def test_one_hot_targets_of_integers_get_a_hint():
    with pytest.raises(ag.ShapeError, match="One-hot targets count as probabilities: make them"):
        nn.CrossEntropyLoss()(ag.tensor(SCORES), [[0, 0, 1], [1, 0, 0]])


def test_lists_take_the_inputs_dtype_and_weights_never_widen():
    x = ag.tensor([0.25, 0.5], dtype=np.float32)
    for loss in (nn.MSELoss(), nn.L1Loss(), nn.BCELoss([1.0, 2.0])):
        assert loss(x, [0.0, 1.0]).dtype == np.float32
    assert nn.BCEWithLogitsLoss([2.0], pos_weight=[3.0])(x, [0.0, 1.0]).dtype == np.float32


def test_only_the_arguments_that_differ_are_shown():
    assert repr(nn.CrossEntropyLoss(WEIGHT)) == "CrossEntropyLoss()"
    assert repr(nn.CrossEntropyLoss(label_smoothing=0.1)) == "CrossEntropyLoss(label_smoothing=0.1)"
    assert repr(nn.TripletMarginLoss(0.5, p=1)) == "TripletMarginLoss(margin=0.5, p=1)"
    assert repr(nn.SquaredTripletLoss()) == "SquaredTripletLoss()"


def test_weights_belong_to_the_state():
    assert list(nn.CrossEntropyLoss(WEIGHT).state_dict()) == ["weight"]
    assert list(nn.BCEWithLogitsLoss(pos_weight=[2.0]).state_dict()) == ["pos_weight"]
    assert list(nn.MSELoss().parameters()) == []
