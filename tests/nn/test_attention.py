"""Attention and transformers: masks, words, stacks. Values: test_layers_reference.py."""

import copy
import math

import numpy as np
import pytest
from families import examples
from hypothesis import given, strategies as st

import autograd as ag
import nn


def draw(*shape, seed=0):
    return ag.tensor(np.random.default_rng(seed).normal(size=shape))


def test_weights_are_those_of_the_formula():
    layer, x = nn.MultiheadAttention(4, 1, bias=False, rng=0), draw(3, 4)
    q, k, v = (x.data @ w.T for w in np.split(layer.in_proj_weight.data, 3))
    scores = np.exp(q @ k.T / 2)
    wanted = scores / scores.sum(1, keepdims=True)
    out, weights = layer(x, x, x)
    np.testing.assert_allclose(weights.tolist(), wanted)
    np.testing.assert_allclose(out.tolist(), wanted @ v @ layer.out_proj.weight.data.T)


@pytest.mark.parametrize("need_weights", [True, False])
def test_causal_is_the_triangular_mask(need_weights):
    layer, x = nn.MultiheadAttention(4, 2, rng=0), draw(3, 2, 4)
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    assert mask.tolist()[0] == [0.0, -math.inf, -math.inf]
    options = {"need_weights": need_weights}
    causal = layer(x, x, x, is_causal=True, **options)[0]
    np.testing.assert_allclose(
        causal.tolist(), layer(x, x, x, attn_mask=mask, **options)[0].tolist()
    )
    (gradient,) = ag.grad(
        layer(x, y := x.clone().detach().requires_grad_(), y, is_causal=True)[0][0].sum(), y
    )
    assert gradient[1:].abs().sum().item() == 0 < gradient[0].abs().sum().item()


def test_padding_has_no_influence():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, 0.0, rng=0), 2)
    x, padding = draw(3, 1, 4), [[False, False, True]]
    padded = encoder(x, src_key_padding_mask=np.array(padding))
    np.testing.assert_allclose(padded[:2].tolist(), encoder(x[:2]).tolist())


def test_dropout_falls_on_weights_in_training_only():
    layer, x = nn.MultiheadAttention(4, 2, dropout=0.5, rng=0), draw(6, 4)
    assert (layer(x, x, x, average_attn_weights=False)[1] == 0).any()
    assert not (layer.eval()(x, x, x, average_attn_weights=False)[1] == 0).any()


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (((2, 3), (2, 4), (2, 4)), "last sizes are 4, 4, 4"),
        (((2, 4), (2, 1, 4), (2, 1, 4)), "all with a batch or all without"),
        (((2, 1, 4), (3, 2, 4), (3, 2, 4)), "one batch size"),
        (((2, 4), (3, 4), (2, 4)), "each key has its value"),
    ],
)
def test_inputs_that_do_not_fit(shapes, words):
    with pytest.raises(ag.ShapeError, match=words):
        nn.MultiheadAttention(4, 2)(*(ag.zeros(*shape) for shape in shapes))


def test_masks_that_do_not_fit():
    layer, x = nn.MultiheadAttention(4, 2), draw(3, 2, 4)
    with pytest.raises(ag.ShapeError, match=r"\(3, 3\) or \(4, 3, 3\) fits"):
        layer(x, x, x, attn_mask=ag.zeros(2, 3))
    with pytest.raises(ag.ShapeError, match=r"\(2, 3\) fits: batch and keys"):
        layer(x, x, x, key_padding_mask=ag.zeros(3, 2))
    with pytest.raises(ag.DTypeError, match="booleans"):
        layer(x, x, x, key_padding_mask=[[0, 0, 1], [0, 0, 0]])


def test_arguments_that_make_no_sense():
    for wrong in ((5, 2), (4, 0), (4, 2, 1.5)):
        with pytest.raises(ag.RangeError, match="MultiheadAttention"):
            nn.MultiheadAttention(*wrong)
    with pytest.raises(ag.RangeError, match="'relu', 'gelu' or give a function"):
        nn.TransformerEncoderLayer(4, 2, activation="tanh")
    with pytest.raises(ag.RangeError, match="num_layers=-1"):
        nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2), -1)


def test_a_stack_copies_its_layer_but_not_its_randomness():
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5, rng=0)
    stack = nn.TransformerEncoder(layer, 3)
    first, second, _ = stack.layers
    assert first.linear1.weight is not second.linear1.weight
    assert first.linear1.weight.tolist() == second.linear1.weight.tolist()
    assert first.dropout.rng is second.dropout.rng is layer.self_attn.rng


def test_a_whole_transformer_is_drawn_from_its_seed_and_copied():
    made = [nn.Transformer(4, 2, 1, 1, 8, dropout=0.5, rng=3) for _ in range(2)]
    src, tgt = draw(3, 4), draw(2, 4)
    assert made[0](src, tgt).tolist() == made[1](src, tgt).tolist()
    copied = copy.deepcopy(made[0].eval())
    assert copied(src, tgt).tolist() == made[0](src, tgt).tolist()
    assert all(a is not b for a, b in zip(copied.parameters(), made[0].parameters(), strict=True))


def test_everything_stays_in_single_precision():
    model = nn.Transformer(4, 2, 1, 1, 8, dtype=np.float32, rng=0)
    x = ag.tensor(np.ones((3, 2, 4), np.float32), requires_grad=True)
    mask = nn.Transformer.generate_square_subsequent_mask(3, dtype=np.float32)
    out = model(x, x, tgt_mask=mask, src_key_padding_mask=np.zeros((2, 3), bool))
    out.sum().backward()
    assert out.dtype == x.grad.dtype == np.float32
    assert {p.grad.dtype for p in model.parameters()} == {np.dtype(np.float32)}


def test_places_are_waves():
    waves = nn.sinusoidal_encoding(5, 4)
    np.testing.assert_allclose(
        waves[3].tolist(), [math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)]
    )
    x = draw(2, 5, 4)
    added = nn.PositionalEncoding(4, batch_first=True)(x) - x
    np.testing.assert_allclose(added[1].tolist(), waves.tolist(), atol=1e-12)
    with pytest.raises(ag.ShapeError, match="whose steps have size 4"):
        nn.PositionalEncoding(4)(ag.zeros(5, 3))


# --- the family beside its formula ------------------------------------------------------------


def by_hand(layer, q, k, v, allowed):
    """One example: softmax(Q·Kᵀ/√d)·V for each head, side by side, and the last map."""
    maps = np.split(layer.in_proj_weight.data, 3)
    biases = np.split(layer.in_proj_bias.data, 3)
    q, k, v = (x @ w.T + b for x, w, b in zip((q, k, v), maps, biases, strict=True))
    found = []
    for head in zip(*(np.split(x, layer.num_heads, 1) for x in (q, k, v)), strict=True):
        powers = np.exp(head[0] @ head[1].T / math.sqrt(layer.head_dim)) * allowed
        found.append(powers / powers.sum(1, keepdims=True) @ head[2])
    return np.concatenate(found, 1) @ layer.out_proj.weight.data.T + layer.out_proj.bias.data


@given(
    heads=st.integers(1, 3),
    size=st.integers(1, 3),
    steps=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    batch=st.integers(1, 3),
    batch_first=st.booleans(),
    need_weights=st.booleans(),
    seed=st.integers(0, 99),
)
@examples(15)
def test_family_of_attentions(heads, size, steps, batch, batch_first, need_weights, seed):
    layer = nn.MultiheadAttention(heads * size, heads, batch_first=batch_first, rng=seed)
    rng, width = np.random.default_rng(seed), heads * size
    q, k, v = (rng.normal(size=(batch, n, width)) for n in (steps[0], steps[1], steps[1]))
    hidden = rng.random((batch, steps[1])) < 0.4
    hidden[:, 0] = False
    fed = [ag.tensor(x if batch_first else x.swapaxes(0, 1)) for x in (q, k, v)]
    out = layer(*fed, key_padding_mask=hidden, need_weights=need_weights)[0].data
    for i in range(batch):
        wanted = by_hand(layer, q[i], k[i], v[i], ~hidden[i])
        np.testing.assert_allclose(out[i] if batch_first else out[:, i], wanted, 1e-9, 1e-10)
