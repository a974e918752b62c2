"""New tensors: dtypes, sizes, seeds and distributions (PyTorch 2.13, measured)."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


@pytest.mark.parametrize(
    ("make", "expected", "dtype"),
    [
        (lambda: ag.zeros(2), [0, 0], np.float64),
        (lambda: ag.zeros((1, 2), dtype=int), [[0, 0]], np.int64),
        (lambda: ag.zeros(()), 0, np.float64),
        (lambda: ag.zeros(size=[2]), [0, 0], np.float64),
        (lambda: ag.ones(1, 2, dtype=np.float32), [[1, 1]], np.float32),
        (lambda: ag.full((2,), 1), [1, 1], np.int64),
        (lambda: ag.full((2,), True), [True, True], np.bool_),
        (lambda: ag.full((2,), 1.5), [1.5, 1.5], np.float64),
        (lambda: ag.full((1,), 1.5, dtype=int), [1], np.int64),
        (lambda: ag.full((2,), ag.tensor(3)), [3, 3], np.int64),
        (lambda: ag.full((), np.float32(2)), 2, np.float64),
        (lambda: ag.eye(2, 3), [[1, 0, 0], [0, 1, 0]], np.float64),
        (lambda: ag.arange(3), [0, 1, 2], np.int64),
        (lambda: ag.arange(3.0), [0, 1, 2], np.float64),
        (lambda: ag.arange(1, 3, 0.5), [1, 1.5, 2, 2.5], np.float64),
        (lambda: ag.arange(5, 0, -2), [5, 3, 1], np.int64),
        (lambda: ag.arange(True), [0], np.int64),
        (lambda: ag.arange(2, dtype=np.float32), [0, 1], np.float32),
        (lambda: ag.arange(0), [], np.int64),
        (lambda: ag.linspace(2, 5, 1), [2], np.float64),
        (lambda: ag.linspace(2, 5, 0), [], np.float64),
        (lambda: ag.linspace(0, 10, 4, dtype=int), [0, 3, 6, 10], np.int64),
        (lambda: ag.linspace(0, 1, steps=3), [0, 0.5, 1], np.float64),
        (lambda: ag.logspace(0, 2, 3, base=2), [1, 2, 4], np.float64),
        (lambda: ag.tril_indices(3, 2, -1), [[1, 2, 2], [0, 0, 1]], np.int64),
        (lambda: ag.triu_indices(2, 2), [[0, 0, 1], [0, 1, 1]], np.int64),
        (lambda: ag.zeros_like(ag.tensor([1, 2])), [0, 0], np.int64),
        (lambda: ag.ones_like(ag.tensor([1, 2]), dtype=float), [1, 1], np.float64),
        (lambda: ag.full_like(ag.tensor([1]), 1.5), [1], np.int64),
        (lambda: np.zeros_like(ag.tensor([1.0])), [0], np.float64),
        (lambda: np.ones_like(ag.tensor([1.0]), dtype=int), [1], np.int64),
        (lambda: np.full_like(ag.tensor([1.0]), 2), [2], np.float64),
    ],
)
def test_values_and_dtypes_are_pytorchs(make, expected, dtype):
    made = make()
    assert isinstance(made, ag.Tensor)
    assert made.is_leaf
    assert not made.requires_grad
    assert made.tolist() == expected
    assert made.dtype == dtype


def test_the_default_dtype_and_requires_grad():
    ag.set_default_dtype("float32")
    try:
        for made in (ag.zeros(2), ag.arange(2.0), ag.full((1,), 0.5), ag.rand(2), ag.eye(2)):
            assert made.dtype == np.float32
    finally:
        ag.set_default_dtype("float64")
    for made in (
        ag.zeros(2, requires_grad=True),
        ag.ones_like(ag.ones(2), requires_grad=True),
        ag.randn(2, requires_grad=True),
        ag.zeros_like(np.ones(2), requires_grad=True),
        ag.linspace(0, 1, 2, requires_grad=True),
    ):
        (made * made).sum().backward()
        assert made.grad.tolist() == (2 * made.data).tolist()
    with pytest.raises(ag.DTypeError, match="require a gradient"):
        ag.zeros(2, dtype=int, requires_grad=True)


@pytest.mark.parametrize(
    "make", [ag.zeros_like, ag.ones_like, ag.empty_like, ag.rand_like, ag.randn_like, ag.bernoulli]
)
def test_after_the_example_of_an_array_comes_an_array_and_of_a_tensor_a_tensor(make):
    array = np.full((2, 3), 0.5, np.float32)
    assert type(make(array)) is np.ndarray
    made = make(ag.tensor(array, requires_grad=True))
    assert isinstance(made, ag.Tensor)
    assert not made.requires_grad
    assert (made.shape, made.dtype) == ((2, 3), np.float32)


DRAWS = [
    lambda rng: ag.rand(3, 4, rng=rng),
    lambda rng: ag.randn(3, 4, rng=rng),
    lambda rng: ag.rand_like(ag.zeros(3), rng=rng),
    lambda rng: ag.randn_like(ag.zeros(3), rng=rng),
    lambda rng: ag.randint(100, (20,), rng=rng),
    lambda rng: ag.randperm(20, rng=rng),
    lambda rng: ag.normal(0.0, 1.0, (5,), rng=rng),
    lambda rng: ag.uniform(-1, 1, (5,), rng=rng),
    lambda rng: ag.bernoulli(ag.full((30,), 0.5), rng=rng),
    lambda rng: ag.multinomial(ag.ones(20), 10, rng=rng),
    lambda rng: ag.multinomial(ag.ones(20), 10, True, rng=rng),
]


@pytest.mark.parametrize("draw", DRAWS)
def test_the_same_seed_gives_the_same_bits(draw):
    first = draw(7)
    assert first.tolist() == draw(np.random.default_rng(7)).tolist() != draw(8).tolist()
    ag.manual_seed(7)
    assert draw(None).tolist() == first.tolist() != draw(None).tolist()


def test_draws_are_the_same_numbers_in_every_dtype_and_stay_below_one():
    double, single = (ag.rand(1000, dtype=dtype, rng=0) for dtype in (np.float64, np.float32))
    np.testing.assert_array_equal(double.data.astype(np.float32), single.data)
    assert ag.rand(100_000, dtype=np.float16, rng=0).data.max() < 1


def test_distributions():
    assert abs(ag.rand(20_000, rng=0).data.mean() - 0.5) < 0.01
    normal = ag.randn(20_000, rng=0).data
    assert abs(normal.mean()) < 0.02
    assert abs(normal.std() - 1) < 0.02
    assert set(ag.randint(-2, 2, (1000,), rng=0).tolist()) == {-2, -1, 0, 1}
    assert sorted(ag.randperm(9, rng=0).tolist()) == list(range(9))
    around = ag.normal(ag.tensor([0.0, 100.0]), 0.1, rng=0)
    assert around.data.round(-1).tolist() == [0, 100]
    low, high = ag.tensor([0.0, 10.0]), np.array([1.0, 20.0])
    assert ((between := ag.uniform(low, high, rng=0)) >= low).data.all()
    assert (between < high).data.all()
    assert ag.bernoulli(ag.tensor([0.0, 1.0]), rng=0).tolist() == [0, 1]
    assert ag.bernoulli(ag.zeros(3), 1.0, rng=0).tolist() == [1, 1, 1]


@pytest.mark.parametrize("replacement", [False, True])
def test_places_are_drawn_in_proportion_to_their_weights(replacement):
    weights = ag.tensor(np.tile([1.0, 0.0, 3.0], (4000, 1)))
    drawn = ag.multinomial(weights, 2, replacement, rng=0).data
    assert drawn.shape == (4000, 2)
    assert abs((drawn[:, 0] == 2).mean() - 0.75) < 0.03
    assert not (drawn == 1).any()
    if not replacement:
        assert (drawn.sum(axis=1) == 2).all()
        assert sorted(ag.multinomial(ag.tensor([1.0, 0.0, 0.0]), 3, rng=0).tolist()) == [0, 1, 2]


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda: ag.zeros(), TypeError, "needs sizes"),
        (lambda: ag.zeros(-1), RuntimeError, "not negative"),
        (lambda: ag.zeros(2.0), TypeError, "are integers"),
        (lambda: ag.zeros(2, dtype=complex), TypeError, "complex"),
        (lambda: ag.zeros(2, dtype="nonsense"), TypeError, "nonsense"),
        (lambda: ag.zeros(2, foo=1), TypeError, "foo"),
        (lambda: ag.full((2,), "a"), TypeError, "not a number"),
        (lambda: ag.full((2,), ag.tensor(1.0, requires_grad=True)), RuntimeError, "expand"),
        (lambda: ag.full((2,), 300, dtype=np.int8), ValueError, "300"),
        (lambda: ag.tensor([1, 300], dtype=np.int8), RuntimeError, "300 is out of bounds for int8"),
        (lambda: ag.tensor(-1, dtype=np.uint8), ag.RangeError, "-1 is out of bounds for uint8"),
        (lambda: ag.arange(3, 1), ValueError, "never reaches"),
        (lambda: ag.arange(0, 1, 0), ValueError, "not zero"),
        (lambda: ag.arange(float("inf")), ValueError, "finite"),
        (lambda: ag.linspace(0, 1, -1), RuntimeError, "not negative"),
        (lambda: ag.zeros_like([1.0]), TypeError, "as example"),
        (lambda: ag.rand(2, dtype=int), TypeError, "real numbers"),
        (lambda: ag.randn_like(ag.tensor([1])), TypeError, "real numbers"),
        (lambda: ag.randint(3, 3, (2,)), ValueError, "less than"),
        (lambda: ag.randint(3), TypeError, "size is missing"),
        (lambda: ag.normal(0.0, -1.0, (2,)), ValueError, "not negative"),
        (lambda: ag.normal(np.ones(2), np.ones(3)), RuntimeError, "do not broadcast"),
        (lambda: ag.uniform(1.0, 0.0, (2,)), ValueError, "above"),
        (lambda: ag.bernoulli(ag.tensor([1.5])), ValueError, "between 0 and 1"),
        (lambda: ag.bernoulli(ag.tensor([1])), TypeError, "real numbers"),
        (lambda: ag.multinomial(ag.tensor([1.0, -1.0]), 1), ValueError, "not negative"),
        (lambda: ag.multinomial(ag.zeros(2), 1), ValueError, "all zero"),
        (lambda: ag.multinomial(ag.ones(2), 3), ValueError, "without replacement"),
        (lambda: ag.multinomial(ag.ones(1, 1, 2), 1), RuntimeError, "vector or a matrix"),
    ],
)
def test_errors_teach_and_are_the_builtin_one(use, error, words):
    with pytest.raises(error, match=words) as caught:
        use()
    assert isinstance(caught.value, ag.GlassError)
