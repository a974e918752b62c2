"""Tables: rows, padding, norms, bags; and naive sums beside the bags."""

import numpy as np
import pytest
from families import examples
from hypothesis import given, strategies as st

import autograd as ag
import nn

TABLE = np.arange(10.0).reshape(5, 2)


def test_rows_are_looked_up_and_gradients_added_up():
    layer = nn.Embedding.from_pretrained(TABLE, freeze=False)
    y = layer(ag.tensor([[0, 4], [4, 4]]))
    assert y.tolist() == [[[0, 1], [8, 9]], [[8, 9], [8, 9]]]
    y.sum().backward()
    assert layer.weight.grad.tolist() == [[1, 1], [0, 0], [0, 0], [0, 0], [3, 3]]


def test_lists_and_arrays_are_indices_too():
    layer = nn.Embedding(5, 2)
    assert layer([1, 2]).tolist() == layer(np.array([1, 2])).tolist()


def test_the_table_starts_in_the_standard_normal():
    weight = nn.Embedding(300, 40, rng=0).weight.data
    assert abs(weight.mean()) < 0.03
    np.testing.assert_allclose(weight.std(), 1, rtol=0.02)
    assert nn.EmbeddingBag(3, 2, dtype=np.float32).weight.dtype == np.float32


@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_the_padding_row_starts_as_zeros_and_learns_nothing(kind):
    layer = kind(5, 2, padding_idx=-1, rng=0)
    assert layer.padding_idx == 4
    assert layer.weight.tolist()[4] == [0, 0]
    layer(ag.tensor([[4, 1]])).sum().backward()
    assert layer.weight.grad.tolist()[4] == [0, 0]
    assert layer.weight.grad.numpy()[1].all()


def test_a_pretrained_table_is_frozen_unless_asked_and_a_copy():
    source = TABLE.copy()
    layer = nn.Embedding.from_pretrained(source, padding_idx=1)
    assert not layer.weight.requires_grad
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    source[:] = 0
    assert layer([1]).tolist() == [[2, 3]]
    assert nn.EmbeddingBag.from_pretrained(TABLE, mode="sum")(ag.tensor([[0, 1]])).tolist() == [
        [2, 4]
    ]
    with pytest.raises(ag.ShapeError, match=r"shape \(rows, size\), got \(2,\)"):
        nn.Embedding.from_pretrained([1.0, 2.0])


def test_rows_are_shortened_in_place_when_they_are_looked_up():
    layer = nn.Embedding.from_pretrained([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]], max_norm=1.0)
    np.testing.assert_allclose(layer([0, 1]).tolist(), [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)
    np.testing.assert_allclose(layer.weight.tolist(), [[0.6, 0.8], [0.3, 0.4], [6, 8]], rtol=1e-6)


def test_a_graph_of_rows_that_were_shortened_since_is_refused():
    layer = nn.Embedding.from_pretrained([[3.0, 4.0]], freeze=False, max_norm=1.0)
    y = (layer.weight**2).sum()
    layer([0])
    with pytest.raises(ag.InPlaceError):
        y.backward()


def test_gradients_divided_by_frequency():
    layer = nn.Embedding(3, 1, scale_grad_by_freq=True)
    layer([0, 1, 1, 1]).sum().backward()
    assert layer.weight.grad.tolist() == [[1], [1], [0]]


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda: nn.Embedding(3, 2)([3]), IndexError, "rows, so indices go from 0 to 2"),
        (lambda: nn.Embedding(3, 2)([-1]), IndexError, "out of range in self: -1"),
        (lambda: nn.Embedding(3, 2, max_norm=1.0)([3]), IndexError, "out of range"),
        (lambda: nn.Embedding(3, 2)([1.0]), TypeError, "indices are integers"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "within the 3 embeddings"),
        (lambda: nn.Embedding(3, 2, sparse=True), ValueError, "whole arrays"),
        (lambda: nn.EmbeddingBag(3, 2, scale_grad_by_freq=True), ValueError, "nn.Embedding"),
        (lambda: nn.EmbeddingBag(3, 2, mode="min"), ValueError, "'sum', 'mean' or 'max'"),
        (lambda: nn.EmbeddingBag(3, 2)([1, 2]), TypeError, "where each bag begins"),
        (lambda: nn.EmbeddingBag(3, 2)([[1, 2]], [0]), TypeError, "holds its bags itself"),
        (lambda: nn.EmbeddingBag(3, 2)([1, 2], [1]), ValueError, "begin with 0"),
        (lambda: nn.EmbeddingBag(3, 2)([1, 2], [0, 2, 1]), ValueError, "never fall"),
        (lambda: nn.EmbeddingBag(3, 2)([1, 2], [0, 3]), ValueError, "never fall"),
        (
            lambda: nn.EmbeddingBag(3, 2)([[1]], per_sample_weights=ag.ones(1, 1)),
            TypeError,
            "mode='sum' only",
        ),
    ],
)
def test_what_cannot_be(use, error, words):
    with pytest.raises(error, match=words) as caught:
        use()
    assert isinstance(caught.value, ag.GlassError)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_empty_bags_are_zeros(mode):
    layer = nn.EmbeddingBag(3, 2, mode=mode, rng=0)
    y = layer(ag.tensor([1, 2]), ag.tensor([0, 0, 2]))
    assert y.tolist()[0] == y.tolist()[2] == [0, 0]
    assert layer(ag.tensor(np.zeros((0, 2), int))).shape == (0, 2)


def test_labels():
    assert nn.Embedding(65, 16).describe() == "Embedding(65×16)"
    assert nn.EmbeddingBag(65, 16).describe() == "EmbeddingBag(65×16)"


# --- the family beside naive sums -------------------------------------------------------------

REDUCE = {"sum": np.sum, "mean": np.mean, "max": np.max}


@examples(160)
@given(
    st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=4),
    st.sampled_from(["sum", "mean", "max"]),
    st.sampled_from([None, 2]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_family_of_tables(bags, mode, padding, last, weighted, seed):
    rng = np.random.default_rng(seed)
    numbers = np.array([i for bag in bags for i in bag], int)
    factors = rng.normal(size=numbers.size) if weighted and mode == "sum" else np.ones(numbers.size)
    layer = nn.EmbeddingBag(6, 3, mode=mode, padding_idx=padding, include_last_offset=last, rng=rng)
    table, g = layer.weight.data, rng.normal(size=(len(bags), 3))
    starts = np.cumsum([0, *map(len, bags)])
    given_offsets = ag.tensor(starts if last else starts[:-1])
    weights = ag.tensor(factors) if weighted and mode == "sum" else None
    y = layer(ag.tensor(numbers), given_offsets, weights)
    (gradient,) = ag.grad((y * g).sum(), [layer.weight])
    expected, wanted = np.zeros_like(g), np.zeros_like(table)
    for i, start in enumerate(starts[:-1]):
        counted = [j for j in range(start, starts[i + 1]) if numbers[j] != padding]
        for column in range(3 if counted else 0):
            values = [table[numbers[j], column] * factors[j] for j in counted]
            expected[i, column] = REDUCE[mode](values)
            chosen = [counted[int(np.argmax(values))]] if mode == "max" else counted
            for j in chosen:
                share = factors[j] / (len(counted) if mode == "mean" else 1)
                wanted[numbers[j], column] += g[i, column] * share
    np.testing.assert_allclose(y.detach().numpy(), expected, 1e-9, 1e-12)
    np.testing.assert_allclose(gradient.numpy(), wanted, 1e-9, 1e-12)
    indices = rng.integers(6, size=(2, len(bags)))
    np.testing.assert_array_equal(
        nn.Embedding.from_pretrained(table)(indices).numpy(), table[indices]
    )
