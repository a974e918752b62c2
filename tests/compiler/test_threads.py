"""Threads that share tensors: a trace in one of them stands in for what these hold."""

import threading
from contextlib import contextmanager

import numpy as np
import pytest

import autograd as ag
import nn
import optim


def batch(rows=4, seed=0):
    return ag.tensor(np.random.default_rng(seed).normal(size=(rows, 3)))


class Paused:
    """A function whose first run waits in its middle."""

    def __init__(self, function):
        self.function, self.inside, self.go = function, threading.Event(), threading.Event()

    def __call__(self, x):
        y = self.function(x)
        self.inside.set()
        assert self.go.wait(60)
        return (y * y).sum()


@contextmanager
def being_traced(function, x):
    """A compiled function in the middle of its trace, by another thread."""
    paused = Paused(function)
    step = ag.compile(paused)
    thread = threading.Thread(target=step, args=(x,))
    thread.start()
    assert paused.inside.wait(60)
    try:
        yield step
    finally:
        paused.go.set()
        thread.join()


def source(function, x):
    """What is written where nobody disturbs."""
    paused = Paused(function)
    paused.go.set()
    return ag.compile(paused).trace(x).source


def test_what_another_thread_computes_is_plain_and_not_written_down():
    m, x = nn.Linear(3, 2, rng=0), batch()
    wanted = m(x).data
    with being_traced(m, x) as step:
        y = m(x)
        (g,) = ag.grad((y**2).sum() + ag.rand(1).sum(), [m.weight])
        assert [type(t.data) for t in (y, g)] == [np.ndarray, np.ndarray]
        np.testing.assert_array_equal(y.data, wanted)
        assert y.sum().item() == pytest.approx(wanted.sum())
        assert np.asarray(m.weight.data + 0).shape == (2, 3)
    assert step.source == source(m, x)
    assert step(x).item() == pytest.approx((wanted**2).sum())


def test_what_a_compiled_function_has_fetched_already_is_plain_too():
    m, x = nn.Linear(3, 2, rng=0), batch()
    other = ag.compile(lambda x: ag.tanh(m(x)).sum(0))
    wanted = other(x).data
    with being_traced(m, x) as step:
        found = other.latest([x], [[x], {}])  # as if the trace had begun right after its checks
        assert type(found.data) is np.ndarray
        np.testing.assert_array_equal(found.data, wanted)
    assert step.source == source(m, x)


def test_a_compiled_function_waits_for_the_trace_of_another():
    m, x, found = nn.Linear(3, 2, rng=0), batch(), []
    other = ag.compile(lambda x: m(x).sum(0))
    other(x)
    with being_traced(m, x):
        second = threading.Thread(target=lambda: found.append(other(x)))
        second.start()
        second.join(0.05)
        assert not found
    second.join()
    np.testing.assert_allclose(found[0].data, m(x).sum(0).data)
    assert len(other.variants) == 1


def test_two_compiled_functions_share_a_model():
    m = nn.Sequential(nn.Linear(3, 8, rng=0), nn.Tanh(), nn.Linear(8, 2, rng=1))
    optimizer, errors = optim.SGD(m.parameters(), lr=0.0), []
    wanted = {rows: m(batch(rows)).data for rows in range(1, 6)}
    judge = ag.compile(lambda x: m(x))

    @ag.compile
    def learn(x):
        optimizer.zero_grad()
        (m(x) ** 2).sum().backward()
        optimizer.step()

    def judging():
        for i in range(60):
            np.testing.assert_allclose(judge(batch(1 + i % 5)).data, wanted[1 + i % 5], rtol=1e-9)

    def learning():
        for i in range(40):
            learn(batch(8 + i % 3))

    def watched(work):
        try:
            work()
        except BaseException as error:
            errors.append(error)

    works = [judging, judging, learning, learning]
    threads = [threading.Thread(target=watched, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert (len(judge.variants), len(learn.variants)) <= (5, 6)
