"""Recurrent layers over batches, packed sequences and parts of time; the lectures' cells."""

import gc

import numpy as np
import pytest
from families import examples
from hypothesis import given, strategies as st

import autograd as ag
import nn
from autograd.core.where import resolve

KINDS = [nn.RNN, nn.LSTM, nn.GRU]
KIND = pytest.mark.parametrize("kind", KINDS)
WAYS = [{}, {"num_layers": 2, "bidirectional": True}, {"batch_first": True}]


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def first(state):
    return state[0] if isinstance(state, tuple) else state


# --- sequences of different lengths ---------------------------------------------------------


@KIND
@pytest.mark.parametrize("options", WAYS)
def test_each_packed_sequence_runs_as_if_alone(kind, options):
    layer = kind(3, 2, rng=0, **options)
    sequences = [ag.tensor(draw(length, 3, seed=length)) for length in (2, 5, 1, 4)]
    outputs, state = layer(nn.pack_sequence(sequences, enforce_sorted=False))
    for i, (one, found) in enumerate(zip(sequences, nn.unpack_sequence(outputs), strict=True)):
        alone, last = layer(one)
        np.testing.assert_allclose(found.tolist(), alone.tolist(), 1e-12, 1e-12)
        np.testing.assert_allclose(first(state)[:, i].tolist(), first(last).tolist(), 1e-12, 1e-12)


@KIND
@pytest.mark.parametrize("options", WAYS)
def test_lengths_are_the_same_as_packing(kind, options):
    layer = kind(3, 2, rng=0, **options)
    shape = (3, 4, 3) if layer.batch_first else (4, 3, 3)
    padded, lengths = ag.tensor(draw(*shape)), [2, 4, 3]
    outputs, state = layer(padded, lengths=lengths)
    args = lengths, layer.batch_first
    packed = nn.pack_padded_sequence(padded, *args, enforce_sorted=False)
    theirs, last = layer(packed)
    wanted, counts = nn.pad_packed_sequence(theirs, layer.batch_first)
    assert counts.tolist() == lengths
    assert outputs.tolist() == wanted.tolist()
    assert first(state).tolist() == first(last).tolist()


def test_what_lies_behind_the_end_has_no_influence():
    layer = nn.LSTM(3, 2, bidirectional=True, rng=0)
    padded = ag.tensor(draw(4, 2, 3), requires_grad=True)
    outputs, (h, _) = layer(padded, lengths=[4, 2])
    (gradient,) = ag.grad(outputs.sum() + h.sum(), padded)
    assert gradient[2:, 1].abs().sum().item() == 0
    assert (gradient[:2].abs().sum(-1) > 0).all()
    assert outputs[2:, 1].abs().sum().item() == 0


def test_packing_and_its_words():
    padded = ag.tensor([[1, 3], [2, 0]])
    packed = nn.pack_padded_sequence(padded, [2, 1])
    assert (packed.data.tolist(), packed.batch_sizes.tolist()) == ([1, 3, 2], [2, 1])
    back, lengths = nn.pad_packed_sequence(packed, total_length=3, padding_value=9)
    assert (back.tolist(), lengths.tolist()) == ([[1, 3], [2, 9], [9, 9]], [2, 1])
    for wrong, words in (([1, 2], "sort"), ([2, 0], "between 1 and"), ([2, 3], "between 1 and")):
        with pytest.raises(ag.RangeError, match=words):
            nn.pack_padded_sequence(padded, wrong)
    with pytest.raises(ag.ShapeError, match="one length for each"):
        nn.pack_padded_sequence(padded, [2])


# --- the family beside its cells --------------------------------------------------------------

CELLS = {"RNN": nn.RNNCell, "LSTM": nn.LSTMCell, "GRU": nn.GRUCell}
SIZES = st.integers(1, 3)


def by_cells(layer, x):
    """The outputs of one sequence, layer by layer, direction by direction, step by step."""
    for depth in range(layer.num_layers):
        sides = []
        for side in layer.directions:
            cell = CELLS[type(layer).__name__](x.shape[1], layer.hidden_size, layer.bias)
            for name in dict(cell.named_parameters()):
                setattr(cell, name, getattr(layer, f"{name}_l{depth}{side}"))
            steps = x.flip(0) if side else x
            outputs = nn.unroll(cell, list(ag.unbind(steps)))[0]
            sides.append(outputs.flip(0) if side else outputs)
        x = ag.cat(sides, 1)
    return x


@given(
    kind=st.sampled_from(sorted(CELLS)),
    sizes=st.tuples(SIZES, SIZES, st.integers(1, 2)),
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    bias=st.booleans(),
    bidirectional=st.booleans(),
    batch_first=st.booleans(),
    seed=st.integers(0, 99),
)
@examples(15)
def test_family_of_recurrent_layers(kind, sizes, lengths, bias, bidirectional, batch_first, seed):
    layer = getattr(nn, kind)(
        *sizes, bias=bias, batch_first=batch_first, bidirectional=bidirectional, rng=seed
    )
    sequences = [draw(length, sizes[0], seed=seed + i) for i, length in enumerate(lengths)]
    padded = nn.pad_sequence(sequences, batch_first, padding_value=7.0)
    outputs, _ = layer(padded, lengths=lengths)
    rows = ag.unbind(outputs, 0 if batch_first else 1)
    for row, sequence in zip(rows, sequences, strict=True):
        wanted = by_cells(layer, ag.tensor(sequence)).tolist()
        np.testing.assert_allclose(row[: len(sequence)].tolist(), wanted, 1e-10, 1e-12)
        assert not row[len(sequence) :].data.any()


# --- state ----------------------------------------------------------------------------------


@KIND
def test_two_halves_with_the_state_between_are_the_whole(kind):
    layer, x = kind(3, 2, 2, rng=0), ag.tensor(draw(6, 2, 3))
    whole, last = layer(x)
    half, state = layer(x[:3])
    rest, end = layer(x[3:], state)
    np.testing.assert_allclose(ag.cat([half, rest]).tolist(), whole.tolist())
    np.testing.assert_allclose(first(end).tolist(), first(last).tolist())


def test_a_detached_state_ends_the_way_back_there():
    layer, x = nn.LSTM(3, 2, rng=0), ag.tensor(draw(6, 3), requires_grad=True)
    _, state = layer(x[:3])
    outputs, _ = layer(x[3:], tuple(part.detach() for part in state))
    (gradient,) = ag.grad(outputs.sum(), x)
    assert gradient[:3].abs().sum().item() == 0 < gradient[3:].abs().sum().item()


@pytest.mark.parametrize(
    ("options", "shape", "words"),
    [
        ({}, (4, 5), r"shape \(T, 3\) or a batch of them, \(T, N, 3\), got \(4, 5\)"),
        ({"batch_first": True}, (0, 4, 5), r"\(N, T, 3\)"),
        ({}, (0, 2, 3), "no steps"),
    ],
)
def test_inputs_that_do_not_fit(options, shape, words):
    with pytest.raises(ag.ShapeError, match=words):
        nn.LSTM(3, 2, **options)(ag.zeros(*shape))


def test_states_that_do_not_fit():
    with pytest.raises(ag.ShapeError, match=r"goes with \(1, 2, 2\)"):
        nn.GRU(3, 2)(ag.zeros(4, 2, 3), ag.zeros(1, 3, 2))
    with pytest.raises(ag.ArgumentError, match=r"a tuple \(h, c\), got one tensor"):
        nn.LSTM(3, 2)(ag.zeros(4, 2, 3), ag.zeros(1, 2, 2))


@pytest.mark.parametrize(
    "wrong", [{"dropout": 1.5}, {"num_layers": 0}, {"proj_size": 2}, {"hidden_size": 0}]
)
def test_arguments_that_make_no_sense(wrong):
    with pytest.raises(ag.RangeError, match="LSTM"):
        nn.LSTM(**{"input_size": 3, "hidden_size": 2, **wrong})


def test_dropout_lies_between_layers_and_in_training_only():
    layer, x = nn.GRU(3, 40, 2, dropout=1.0, rng=0), ag.tensor(draw(5, 3))
    bottomless = layer(x)[0].tolist()
    np.testing.assert_allclose(bottomless, layer(x * 0 + 7)[0].tolist())  # nothing comes through
    assert layer.eval()(x)[0].tolist() != bottomless


def test_memory_is_freed_without_the_cycle_collector():
    gc.collect()
    gc.disable()
    try:
        for kind in KINDS:
            outputs, _ = kind(3, 2, 2, bidirectional=True)(ag.tensor(draw(5, 2, 3)))
            outputs.sum().backward()
        del outputs, _
        assert not any(isinstance(x, ag.Tensor) for x in _garbage())
    finally:
        gc.enable()


def _garbage():
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return list(gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


# --- the lectures' cells, by hand -------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def parameters(cell):
    return {name: parameter.data for name, parameter in cell.named_parameters()}


def peephole(w, x, h, c):
    a = w["weight_ih"] @ x + w["bias_ih"] + w["weight_hh"] @ h + w["bias_hh"]
    i, f, g, o = np.split(a, 4)
    new = sigmoid(f + w["weight_cf"] * c) * c + sigmoid(i + w["weight_ci"] * c) * np.tanh(g)
    return sigmoid(o + w["weight_co"] * new) * np.tanh(new), new


def lecture_lstm(w, x, h, c):
    i, f, o, g = np.split(x @ w["weight_x"] + h @ w["weight_h"] + w["bias"], 4)
    new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(new), new


def lecture_gru(w, x, h):
    (w_r, w_u, w_h), (u_r, u_u, u_h) = (np.split(w[f"weight_{n}"], 3) for n in ("ih", "hh"))
    b_r, b_u, b_h = np.split(w["bias"], 3)
    r, u = sigmoid(w_r @ x + u_r @ h + b_r), sigmoid(w_u @ x + u_u @ h + b_u)
    return u * np.tanh(w_h @ x + u_h @ (r * h) + b_h) + (1 - u) * h


def mutant(w, x, h, *, z, r, candidate):
    b_z, b_r, b_h = np.split(w["bias"], 3)
    z, r = sigmoid(z + b_z), sigmoid(r + w["weight_hr"] @ h + b_r)
    return z * np.tanh(w["weight_hh"] @ (r * h) + candidate + b_h) + (1 - z) * h


def mut1(w, x, h):
    return mutant(w, x, h, z=w["weight_xz"] @ x, r=w["weight_xr"] @ x, candidate=np.tanh(x))


def mut2(w, x, h):
    z = w["weight_xz"] @ x + w["weight_hz"] @ h
    return mutant(w, x, h, z=z, r=x, candidate=w["weight_xh"] @ x)


def mut3(w, x, h):
    z = w["weight_xz"] @ x + w["weight_hz"] @ np.tanh(h)
    return mutant(w, x, h, z=z, r=w["weight_xr"] @ x, candidate=w["weight_xh"] @ x)


BY_HAND = [
    (nn.PeepholeLSTMCell, peephole),
    (nn.LectureLSTMCell, lecture_lstm),
    (nn.LectureGRUCell, lecture_gru),
    (nn.MUT1Cell, mut1),
    (nn.MUT2Cell, mut2),
    (nn.MUT3Cell, mut3),
]


@pytest.mark.parametrize(("kind", "formula"), BY_HAND)
def test_cells_are_their_formulas(kind, formula):
    cell = kind(3, 3, rng=0)
    before = [draw(2, 3, seed=1 + i) for i in range(len(cell.parts))]
    x = draw(2, 3)
    state = [ag.tensor(part) for part in before]
    found = cell(ag.tensor(x), tuple(state) if len(state) > 1 else state[0])
    found = found if isinstance(found, tuple) else (found,)
    for row in range(2):
        wanted = formula(parameters(cell), x[row], *(part[row] for part in before))
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        for ours, theirs in zip(found, wanted, strict=True):
            np.testing.assert_allclose(ours[row].tolist(), theirs)


@pytest.mark.parametrize("kind", [kind for kind, _ in BY_HAND])
def test_unrolled_at_once_and_step_by_step(kind):
    cell, x = kind(3, 3, rng=0, bias=False), ag.tensor(draw(5, 2, 3))
    at_once, last = nn.unroll(cell, x)
    by_steps, end = nn.unroll(cell, list(ag.unbind(x)))
    np.testing.assert_allclose(at_once.tolist(), by_steps.tolist())
    np.testing.assert_allclose(first(last).tolist(), first(end).tolist())


def test_the_lectures_lstm_and_pytorchs_are_one_function():
    cell, x = nn.LSTMCell(3, 2, rng=0), ag.tensor(draw(4, 3))
    lecture = nn.LectureLSTMCell.from_lstm_cell(cell)
    for other in (lecture, lecture.to_lstm_cell()):
        for ours, theirs in zip(other(x), cell(x), strict=True):
            np.testing.assert_allclose(ours.tolist(), theirs.tolist())


def test_mutants_that_add_their_input_say_so():
    with pytest.raises(ag.RangeError, match=r"MUT1Cell\(3→2\) adds the input to the state"):
        nn.MUT1Cell(3, 2)


def lines_of(result):
    """The lines that the operations of a graph were written in."""
    nodes = dict.fromkeys([result.node])
    waiting = list(nodes)
    while waiting:
        edges = waiting.pop().operands
        new = {edge.node for edge in edges if getattr(edge, "node", None) is not None}
        waiting += new - nodes.keys()
        nodes |= dict.fromkeys(new)
    return {resolve(node.where).text.strip() for node in nodes}


def test_a_layers_operations_come_from_the_line_that_calls_it():
    layer, x = nn.GRU(2, 3, num_layers=2, bidirectional=True, rng=0), ag.ones(4, 5, 2)
    y = layer(x)[0]
    assert lines_of(y) == {"y = layer(x)[0]"}


def test_a_formula_of_ones_own_has_lines_of_its_own():
    class Halved(nn.RNN):
        def stepper(self, w, batched):
            step = super().stepper(w, batched)
            return lambda p, state: (step(p, state)[0] / 2,)

    y = Halved(2, 3, rng=0)(ag.ones(3, 2))[0]
    assert "return lambda p, state: (step(p, state)[0] / 2,)" in lines_of(y)
