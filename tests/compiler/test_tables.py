"""Rows of a table: multiplied once each, their gradients added up before they are multiplied."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.compiler.capture import capture
from autograd.compiler.passes import PASSES, improve
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.lookups import look_up_products
from autograd.compiler.passes.scatters import sum_by_row
from autograd.compiler.passes.transposes import cancel_transposes

V, D, M, N = 12, 40, 96, 400


def t(*shape, seed=0):
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape))


def letters(*shape, seed=0, count=V):
    return ag.tensor(np.random.default_rng(seed).integers(0, count, shape))


def traced(function, *args):
    return remove_dead_code(cancel_transposes(capture(function, args, {}).program))


def calls(program):
    return [line.name or line.kind for line in program.instructions]


def products(program):
    """The shapes of all products of matrices."""
    lines = [line for line in program.instructions if line.name == "np.matmul"]
    return [line.outs[0].shape for line in lines]


def same(function, *args, rtol=1e-12):
    expected = function(*args)
    compiled = ag.compile(function)
    for _ in range(2):
        np.testing.assert_allclose(compiled(*args).data, expected.data, rtol=rtol, atol=1e-13)
    return compiled


def rows_first(index, table, weight):
    return ag.tanh(ag.embedding(index, table) @ weight)


def features_first(index, table, weight):
    return ag.tanh(ag.t(weight) @ ag.t(ag.embedding(index, table)))


# --- forward ----------------------------------------------------------------------------


@pytest.mark.parametrize("function", [rows_first, features_first])
def test_the_table_is_multiplied_and_looked_up_in(function):
    args = letters(N), t(V, D), t(D, M)
    before = traced(function, *args)
    after = remove_dead_code(look_up_products(before))
    assert products(before) in ([(N, M)], [(M, N)])
    assert products(after) in ([(V, M)], [(M, V)])
    assert calls(before).count("np.take") == calls(after).count("np.take") == 1
    same(function, *args)


@pytest.mark.parametrize("bias", [(M,), (1, M)])
def test_a_bias_is_added_to_the_table(bias):
    def f(index, table, weight, bias):
        return ag.tanh(ag.embedding(index, table) @ weight + bias)

    args = letters(N), t(V, D), t(D, M), t(*bias, seed=3)
    after = remove_dead_code(look_up_products(traced(f, *args)))
    (addition,) = [line for line in after.instructions if line.name == "np.add"]
    assert addition.outs[0].shape == (V, M)
    same(f, *args)


def test_what_else_is_added_is_added_afterwards():
    def f(index, table, weight, other):
        return ag.tanh(ag.embedding(index, table) @ weight + other)

    args = letters(N), t(V, D), t(D, M), t(N, M, seed=3)
    after = look_up_products(traced(f, *args))
    (addition,) = [line for line in after.instructions if line.name == "np.add"]
    assert addition.outs[0].shape == (N, M)
    same(f, *args)


def test_an_index_of_several_axes():
    def f(index, table, weight):
        return ag.tanh(ag.reshape(ag.embedding(index, table), (N, D)) @ weight)

    args = letters(4, N // 4), t(V, D), t(D, M)
    assert (V, M) in products(look_up_products(traced(f, *args)))
    same(f, *args)


@pytest.mark.parametrize(("count", "columns", "rows"), [(300, D, N), (V, 4, N), (V, D, 30)])
def test_large_tables_narrow_ones_and_short_texts_stay(count, columns, rows):
    args = letters(rows, count=count), t(count, columns), t(columns, M)
    before = traced(rows_first, *args)
    assert calls(look_up_products(before)) == calls(before)


def test_what_nobody_checked_is_looked_up_first():
    def f(index, table, weight):
        return ag.tanh(table[index] @ weight)

    args = letters(N), t(V, D), t(D, M)
    before = traced(f, *args)
    assert calls(look_up_products(before)) == calls(before)


def test_a_table_that_is_changed_in_between():
    def f(index, table, weight):
        with ag.no_grad():
            table = table.clone()
            x = ag.embedding(index, table)
            table += 1.0
            return ag.tanh(x @ weight) + ag.sum(table)

    same(f, letters(N), t(V, D), t(D, M))


def test_a_letter_outside_is_still_an_error():
    f = ag.compile(rows_first)
    table, weight = t(V, D), t(D, M)
    f(letters(N), table, weight)
    for wrong in (V, -1):
        index = letters(N)
        index.data[7] = wrong
        with pytest.raises(ag.GlassError):
            f(index, table, weight)


def test_an_index_that_is_written_to_is_not_trusted():
    def f(index, table, weight):
        with ag.no_grad():
            index = index.clone()
            x = ag.embedding(index, table)
            index += 1
            return ag.tanh(x @ weight) + ag.sum(index)

    args = letters(N), t(V, D), t(D, M)
    before = traced(f, *args)
    assert calls(look_up_products(before)) == calls(before)
    same(f, *args)


# --- backward ---------------------------------------------------------------------------


def trained(model, index, target):
    model.zero_grad()
    loss = ag.mean((model(index) - target) ** 2)
    loss.backward()
    return loss


class Net(nn.Module):
    """Letters, multiplied by a weight."""

    def __init__(self, count=V, columns=D):
        self.table, self.layer = nn.Embedding(count, columns), nn.Linear(columns, M)

    def forward(self, index):
        return ag.tanh(self.layer(self.table(index)))


def test_gradients_are_added_up_row_by_row():
    model, args = Net(), (letters(N), t(N, M))
    program = capture(lambda *a: trained(model, *a), args, {}).program
    before = remove_dead_code(improve(program, PASSES[: PASSES.index(sum_by_row)]))
    after = remove_dead_code(sum_by_row(before))
    assert "np.bincount" in calls(before)
    assert "np.bincount" not in calls(after)
    assert products(before).count((N, D)) == 1
    assert (N, D) not in products(after)
    assert (M, V) in products(after)


@pytest.mark.parametrize("count", [V, 50, 5000])
def test_trainings_with_tables_agree(count):
    ag.manual_seed(0)
    one, two = Net(count), Net(count)
    two.load_state_dict(one.state_dict())
    index, target = letters(N, count=count), t(N, M)
    steps = []
    for model in (one, two):
        optimizer = optim.Adam(model.parameters(), 0.01)

        def step(model=model, optimizer=optimizer):
            loss = trained(model, index, target)
            optimizer.step()
            return loss

        steps.append(step)
    plain, compiled = steps[0], ag.compile(steps[1])
    ours = [compiled().item() for _ in range(20)]
    np.testing.assert_allclose(ours, [plain().item() for _ in range(20)], rtol=1e-9)
    for p, q in zip(one.parameters(), two.parameters(), strict=True):
        np.testing.assert_allclose(q.grad.data, p.grad.data, rtol=1e-6, atol=1e-12)
    assert ("gradients of 1 summed by row" in compiled.explain()) == (count < 100)


def test_a_recurrence_of_letters():
    ag.manual_seed(0)
    layers = [(nn.Embedding(V, D), nn.LSTM(D, 32)) for _ in range(2)]
    for mine, theirs in zip(layers[1], layers[0], strict=True):
        mine.load_state_dict(theirs.state_dict())
    index = letters(25, 16)

    def step(table, lstm):
        for layer in (table, lstm):
            layer.zero_grad()
        loss = ag.mean(lstm(table(index))[0] ** 2)
        loss.backward()
        return loss

    expected, compiled = step(*layers[0]), ag.compile(lambda: step(*layers[1]))
    for _ in range(2):
        np.testing.assert_allclose(compiled().item(), expected.item(), rtol=1e-12)
    for mine, theirs in zip(layers[1], layers[0], strict=True):
        for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(p.grad.data, q.grad.data, rtol=1e-9, atol=1e-15)
    assert "bincount" not in compiled.source
    assert 'mode="wrap"' in compiled.source


def test_two_tables_whose_products_are_added():
    ag.manual_seed(0)
    tables, layers = (nn.Embedding(V, D), nn.Embedding(V, D)), (nn.Linear(D, M), nn.Linear(D, M))
    parameters = [p for part in (*tables, *layers) for p in part.parameters()]
    one, two, target = letters(N), letters(N, seed=1), t(N, M)

    def step():
        for part in (*tables, *layers):
            part.zero_grad()
        y = ag.t(layers[0].weight @ ag.t(tables[0](one)) + layers[1].weight @ ag.t(tables[1](two)))
        loss = ag.mean((y + layers[0].bias - target) ** 2)
        loss.backward()
        return loss

    expected = step().item(), [None if p.grad is None else p.grad.data.copy() for p in parameters]
    compiled = ag.compile(step)
    for _ in range(2):
        assert compiled().item() == pytest.approx(expected[0], rel=1e-12)
        for p, gradient in zip(parameters, expected[1], strict=True):
            if gradient is not None:
                np.testing.assert_allclose(p.grad.data, gradient, rtol=1e-9, atol=1e-15)
    assert "gradients of 2 summed by row" in compiled.explain()
