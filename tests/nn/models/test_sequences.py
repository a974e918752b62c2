"""Language model, tagger and encoder-decoder: shapes, padding, drawing symbols, learning."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from nn.data import SequenceBatches, Vocabulary
from nn.models import CarriedState, EncoderDecoder, LanguageModel, Tagger
from nn.models.recurrent import draw_symbols

CELLS = ["rnn", "lstm", "gru"]


def flat_loss(scores, targets):
    return ag.cross_entropy(ag.reshape(scores, (-1, scores.shape[-1])), ag.reshape(targets, (-1,)))


def train(model, forward, steps=60, lr=0.02):
    """The losses of some steps; every parameter gets a gradient in each."""
    adam, losses = optim.Adam(model.parameters(), lr=lr), []
    for _ in range(steps):
        adam.zero_grad()
        loss = flat_loss(*forward(model))
        loss.backward()
        assert all(p.grad is not None for p in model.parameters())
        adam.step()
        losses.append(loss.item())
    return losses


# --- language model -------------------------------------------------------------------------


@pytest.mark.parametrize("embedding_size", [None, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_the_model_learns_to_say_hello(cell, embedding_size):
    """Lecture C1."""
    vocabulary = Vocabulary("helo")
    model = LanguageModel(vocabulary, 8, cell, embedding_size=embedding_size, rng=0)
    numbers = ag.tensor(vocabulary.encode("hello"))
    train(model, lambda m: (m(numbers[:-1])[0], numbers[1:]))
    assert model.sample(4, prime="h", temperature=0) == "hello"


@pytest.mark.parametrize("cell", CELLS)
def test_forms_of_input(cell):
    numbers = np.random.default_rng(0).integers(0, 5, (3, 7))
    model = LanguageModel(5, 4, cell, num_layers=2, rng=0).eval()
    turned = LanguageModel(5, 4, cell, num_layers=2, batch_first=False, rng=0).eval()
    scores, _ = model(ag.tensor(numbers))
    assert scores.shape == (3, 7, 5)
    np.testing.assert_allclose(turned(numbers.T)[0].data, scores.data.swapaxes(0, 1), rtol=1e-12)
    np.testing.assert_allclose(model(numbers[1])[0].data, scores.data[1], rtol=1e-12)


def test_one_hot_vectors_are_a_table_of_ones():
    model = LanguageModel(4, 3, "rnn", embedding_size=4, rng=0)
    other = LanguageModel(4, 3, "rnn", rng=0)
    model.embedding.weight.data[...] = np.eye(4)
    other.load_state_dict(model.state_dict(), strict=False)
    numbers = ag.tensor([[3, 0, 1]])
    np.testing.assert_allclose(model(numbers)[0].data, other(numbers)[0].data, rtol=1e-12)


def test_samples_repeat_with_a_seed_and_depend_on_it():
    model = LanguageModel(Vocabulary("abcdefgh"), 6, rng=0)
    one, two, three = (model.sample(40, "a", rng=seed) for seed in (1, 1, 2))
    assert one == two != three
    assert len(one) == 41
    assert one[0] == "a"
    ag.manual_seed(5)
    first = model.sample(10)
    ag.manual_seed(5)
    assert first == model.sample(10)
    assert len(first) == 11


def test_cold_samples_are_the_likeliest_symbols():
    model = LanguageModel(6, 5, rng=3)
    coldest = model.sample(20, [2], temperature=0)
    np.testing.assert_array_equal(coldest, model.sample(20, [2], temperature=1e-9, rng=7))
    scores, _ = model(coldest[:-1])
    np.testing.assert_array_equal(coldest[1:], scores.data.argmax(-1))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_are_those_of_the_softmax(temperature):
    scores = np.array([1.0, 0.0, -1.0])
    drawn = draw_symbols(np.tile(scores, (40_000, 1)), temperature, np.random.default_rng(0))
    expected = np.exp(scores / temperature)
    shares = np.bincount(drawn, minlength=3) / len(drawn)
    np.testing.assert_allclose(shares, expected / expected.sum(), atol=0.01)


def test_a_state_goes_on_where_the_text_before_ended():
    model = LanguageModel(5, 4, "lstm", rng=0)
    numbers = ag.tensor([[0, 3, 2, 4, 1, 1]])
    whole, _ = model(numbers)
    first, state = model(numbers[:, :2])
    second, _ = model(numbers[:, 2:], state)
    np.testing.assert_allclose(np.concatenate([first.data, second.data], 1), whole.data)
    _, state = model(numbers[0, :2])
    rest = model.sample(3, [2], 0, state=state)
    np.testing.assert_array_equal(rest[1:], model.sample(3, [0, 3, 2], 0)[3:])


@pytest.mark.parametrize("cell", CELLS)
def test_a_carried_state_has_no_history(cell):
    model, carried = LanguageModel(3, 4, cell, rng=0), CarriedState()
    one, two = SequenceBatches([0, 1, 2] * 5, batch_size=2, length=3)
    carried(model, one)
    state = carried.state
    assert not any(s.requires_grad for s in (state if isinstance(state, tuple) else (state,)))
    scores, targets = carried(model, two)
    np.testing.assert_array_equal(scores.data, model(two[0], state)[0].data.reshape(6, 3))
    assert targets.tolist() == two[1].data.ravel().tolist()
    carried(model.eval(), one)
    afresh = CarriedState()
    afresh(model, one)
    np.testing.assert_array_equal(np.asarray(afresh.state[0]), np.asarray(carried.state[0].data))


def test_fit_carries_the_state_along():
    text = "to be or not to be, that is the question. " * 12
    vocabulary = Vocabulary(text)
    model = LanguageModel(vocabulary, 24, "gru", rng=0)
    batches = SequenceBatches(vocabulary.encode(text), batch_size=4, length=12)
    carried = CarriedState()
    history = optim.fit(
        model,
        ag.cross_entropy,
        batches,
        epochs=8,
        optimizer=lambda parameters: optim.Adam(parameters, lr=0.02),
        forward=carried,
        callbacks=carried.reset,
        progress=False,
    )
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert carried.state is None


def test_sampling_leaves_the_model_as_it_was():
    model = LanguageModel(4, 3, "lstm", 2, dropout=0.5, rng=0)
    model.output.eval()
    first = model.sample(9, [1], temperature=0)
    np.testing.assert_array_equal(first, model.sample(9, [1], temperature=0))  # no dropout
    assert model.training
    assert not model.output.training
    assert ag.is_grad_enabled()


@pytest.mark.parametrize(
    ("do", "words"),
    [
        (lambda: LanguageModel(3, 2, "elman"), "'rnn', 'lstm', 'gru'"),
        (lambda: LanguageModel(0), "at least one symbol"),
        (lambda: LanguageModel(3, 2, rng=0).sample(3, [0], temperature=-1), "temperature=-1"),
        (lambda: LanguageModel(3, 2, rng=0).sample(3, [0], temperature=np.nan), "temperature=nan"),
        (lambda: LanguageModel(3, 2, rng=0).sample(-1), "not negative"),
        (lambda: LanguageModel(3, 2, rng=0).sample(3, "abc"), r"Vocabulary\(text\)"),
        (lambda: LanguageModel(Vocabulary("ab"), 2, rng=0).sample(3, "c"), "no 'c'"),
        (lambda: LanguageModel(3, 2, rng=0)(ag.tensor([[0, 3]])), "3"),
    ],
)
def test_what_a_language_model_refuses(do, words):
    with pytest.raises(ag.RangeError, match=words):
        do()


# --- tagger -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_padding_changes_nothing(cell):
    model = Tagger(6, 3, 4, 5, cell, num_layers=2, padding_idx=0, rng=0)
    long, short = np.array([1, 5, 2, 3]), np.array([4, 2])
    padded = np.array([[1, 5, 2, 3], [4, 2, 0, 0]])
    scores = model(padded, lengths=[4, 2])
    assert scores.shape == (2, 4, 3)
    np.testing.assert_allclose(scores.data[0], model(long).data, rtol=1e-10)
    np.testing.assert_allclose(scores.data[1, :2], model(short).data, rtol=1e-10)
    turned = Tagger(6, 3, 4, 5, cell, num_layers=2, padding_idx=0, batch_first=False, rng=0)
    np.testing.assert_allclose(
        turned(padded.T, lengths=[4, 2]).data, scores.data.swapaxes(0, 1), rtol=1e-12
    )


def test_a_tag_may_depend_on_what_comes_later():
    """Whether the last symbol equals this one: only the direction backward can know."""
    inputs = np.random.default_rng(0).integers(0, 3, (32, 6))
    targets = ag.tensor((inputs == inputs[:, -1:]).astype(int))
    model = Tagger(3, 2, 6, 12, rng=0)
    losses = train(model, lambda m: (m(inputs), targets), steps=80)
    assert losses[-1] < 0.05
    scores = model(inputs).data
    assert (scores.argmax(-1) == targets.data).mean() > 0.99


# --- encoder-decoder --------------------------------------------------------------------------


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_padded_source_changes_nothing(cell, attention):
    make = lambda **more: EncoderDecoder(
        6, 5, 4, 7, cell, num_layers=2, attention=attention, rng=0, **more
    )
    model, turned = make(), make(batch_first=False)
    source, target = np.array([[1, 2, 3, 4], [5, 1, 0, 0]]), np.array([[1, 2, 4], [3, 3, 1]])
    scores = model(source, target, lengths=[4, 2])
    assert scores.shape == (2, 3, 5)
    alone = model(source[1:, :2], target[1:])
    np.testing.assert_allclose(scores.data[1:], alone.data, rtol=1e-10)
    other = turned(source.T, target.T, lengths=[4, 2])
    np.testing.assert_allclose(other.data, scores.data.swapaxes(0, 1), rtol=1e-12)
    written = model.generate(source, 5, lengths=[4, 2])
    np.testing.assert_array_equal(turned.generate(source.T, 5, lengths=[4, 2]), written.T)


@pytest.mark.parametrize("attention", [False, True])
def test_it_learns_to_write_backwards(attention):
    draw = np.random.default_rng(0)
    source = draw.integers(1, 5, (24, 4))
    target = ag.tensor(np.ascontiguousarray(source[:, ::-1]))
    model = EncoderDecoder(5, 5, 8, 24, "gru", attention=attention, rng=0)
    train(model, lambda m: (m(source, target), target), steps=120)
    np.testing.assert_array_equal(model.generate(source, 4), target.data)


def test_the_likeliest_symbols_are_those_of_the_scores():
    model = EncoderDecoder(6, 5, 4, 7, attention=True, start=2, rng=1)
    source = np.array([[1, 2, 3], [4, 5, 0]])
    written = model.generate(source, 6)
    np.testing.assert_array_equal(model(source, written).data.argmax(-1), written)
    one, two = (model.generate(source, 6, 1.5, rng=4) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert (one != model.generate(source, 6, 1.5, rng=5)).any()


def test_after_stop_comes_only_stop():
    model = EncoderDecoder(4, 4, 4, 4, stop=3, rng=0)
    written = model.generate(np.array([[0, 1]] * 60), 12, temperature=1.0, rng=0)
    for row in written:
        ends = np.flatnonzero(row == 3)
        assert not ends.size or (row[ends[0] :] == 3).all()
    assert (written == 3).any()
    assert (written[:, 0] != 3).any()


def test_what_is_attended_to_adds_up_to_one():
    model = EncoderDecoder(6, 5, 4, 7, attention=True, rng=0)
    encoded, _ = model.encode(ag.tensor([[1, 2, 3, 0], [4, 5, 0, 0]]), lengths=[3, 2])
    weights = model.attention.weights(ag.ones(2, 3, 7), encoded, [3, 2]).data
    np.testing.assert_allclose(weights.sum(-1), 1)
    assert not weights[0, :, 3:].any()
    assert not weights[1, :, 2:].any()


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda m: m(np.ones((2, 3), int), np.ones((3, 3), int)), ag.ShapeError, "2 sources and 3"),
        (lambda m: m(np.ones(3, int), np.ones(3, int)), ag.ShapeError, r"x\[None\]"),
        (lambda m: m.generate(np.ones((1, 2), int), 0), ag.RangeError, "at least one"),
        (lambda m: m.generate(np.ones((1, 2), int), 2, -1.0), ag.RangeError, "temperature"),
        (lambda m: EncoderDecoder(3, 3, start=3), ag.RangeError, "start=3"),
        (lambda m: EncoderDecoder(3, 3, stop=-1), ag.RangeError, "stop=-1"),
        (lambda m: EncoderDecoder(3, 3, cell="x"), ag.RangeError, "cell='x'"),
    ],
)
def test_what_an_encoder_decoder_refuses(do, error, words):
    with pytest.raises(error, match=words):
        do(EncoderDecoder(3, 3, 2, 2, rng=0))


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: LanguageModel(5, 4, embedding_size=3, rng=seed),
        lambda seed: Tagger(5, 3, 4, 4, "gru", rng=seed),
        lambda seed: EncoderDecoder(5, 4, 3, 4, "rnn", attention=True, rng=seed),
    ],
)
def test_weights_go_through_a_file(make, tmp_path):
    model, other = make(0), make(1)
    nn.save_weights(model, tmp_path / "weights.npz")
    nn.load_weights(tmp_path / "weights.npz", other)
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(one.data, two.data)
