"""Buffers: smaller ones within larger ones, and one block of memory for all variants."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import numpy as np
import pytest

import autograd as ag
import optim
from autograd.compiler.homes import Lent
from autograd.compiler.passes.nesting import nest
from autograd.compiler.program import Value
from autograd.compiler.traced import Traced

RNG = np.random.default_rng(6)


def t(*shape):
    return ag.tensor(RNG.standard_normal(shape))


def test_variants_compute_in_the_same_buffers():
    f = ag.compile(lambda x, scale: ag.tanh(ag.exp(x) * scale) * 1.5)
    x = t(40, 40)
    first, second = f(x, 2.0), f(x, 3.0)
    np.testing.assert_allclose(first.data, np.tanh(np.exp(x.data) * 2.0) * 1.5)
    np.testing.assert_allclose(second.data, np.tanh(np.exp(x.data) * 3.0) * 1.5)
    one, two = (v.run.__globals__["b0"] for _, v in f.variants)
    assert np.shares_memory(one, two)


def test_variants_together_need_the_memory_of_the_largest():
    def f(x, y):
        rows = ag.cat([ag.exp(x[:20]), ag.exp(x[20:])])
        return (rows * 2.0).sum() + ag.tanh(y).sum()

    compiled = ag.compile(f)
    calls = [(t(40, 40), t(9, 9)), (t(60, 60), t(9, 9)), (t(40, 40), t(50, 50))]
    sizes = []
    for _ in range(2):
        for args in calls:
            assert compiled(*args).item() == pytest.approx(f(*args).item(), rel=1e-13)
            sizes.append(compiled._buffers.memory.nbytes)
    assert sizes[0] < sizes[1] == sizes[2] == sizes[-1]
    spaces = [v.run.__globals__ for _, v in compiled.variants]
    arrays = [
        array for space in spaces for array in space.values() if isinstance(array, np.ndarray)
    ]
    assert all(np.shares_memory(array, compiled._buffers.memory) for array in arrays)


def test_memory_of_variants_that_went_is_not_held():
    compiled = ag.compile(lambda x: (ag.exp(x) * 2.0).sum(), limit=1)
    compiled(t(40, 40))
    with pytest.warns(RuntimeWarning, match="more than 1 kinds"):
        compiled(t(50, 50))
    gc.collect()
    assert len(compiled._buffers.runs) == 1


def _training(width):
    params = [ag.tensor(RNG.standard_normal((width, n)), requires_grad=True) for n in (3, 4, 5)]
    optimizer = optim.Adam(params)

    def step(x):
        optimizer.zero_grad()
        sum(((x @ p) ** 2).sum() for p in params).backward()
        optimizer.step()

    return step


def _call_all(compiled, batches):
    for batch in batches:
        compiled(batch)


def test_gradients_memory_of_variants_that_went_is_not_held():
    steps = {width: _training(width) for width in (4, 5)}
    compiled = ag.compile(lambda x: steps[x.shape[1]](x), limit=2)
    for _ in range(2):  # the second finds the state that the first has begun
        compiled(t(2, 4))
    boxes = compiled._buffers.boxes
    (gone,) = [weakref.ref(flat.box) for flat in compiled.latest.flats if isinstance(flat, Lent)]
    assert list(boxes.values()) == [gone()]
    with pytest.warns(RuntimeWarning, match="more than 2 kinds"):
        _call_all(compiled, [t(2, 5), t(2, 5)])
    gc.collect()
    assert gone() is None
    assert len(boxes) == 1


def test_buffers_of_other_shapes_lie_in_those_that_are_free():
    def f(x, y):
        a = ag.tanh(ag.exp(x) * 2.0).sum()
        return a, ag.tanh(ag.exp(y) * 3.0).sum()

    x, y = t(40, 40), t(30, 30)
    compiled = ag.compile(f)
    for _ in range(2):
        for ours, theirs in zip(compiled(x, y), f(x, y), strict=True):
            assert ours.item() == pytest.approx(theirs.item(), rel=1e-13)
        x, y = t(40, 40), t(30, 30)
    space = compiled.latest.run.__globals__
    assert compiled.program.within == {"b1": ("b0", 0)}
    assert np.shares_memory(space["b0"], space["b1"])
    assert "b1 = b0.reshape(-1)[:900].reshape((30, 30))" in compiled.source


def test_buffers_that_are_used_together_stay_apart():
    def f(x, y):
        a, b = ag.exp(x), ag.exp(y)
        return ag.tanh(a * 2.0).sum() + ag.tanh(b * 2.0).sum() + (a * a).sum() + (b * b).sum()

    assert ag.compile(f)(t(40, 40), t(30, 30)).shape == ()
    compiled = ag.compile(f)
    x, y = t(40, 40), t(30, 30)
    assert compiled(x, y).item() == pytest.approx(f(x, y).item(), rel=1e-13)


def _buffer(name, *shape):
    return name, Value(0, shape, np.dtype("f8"), 0)


def test_buffers_lie_side_by_side_in_one_that_is_free():
    buffers = [_buffer("a", 100), _buffer("b", 40), _buffer("c", 30), _buffer("d", 30)]
    used = {"a": (10, 12), "b": (0, 5), "c": (3, 6), "d": (5, 9)}
    # 8 numbers are a line of the cache; d meets both others
    assert nest(buffers, used) == {"b": ("a", 0), "c": ("a", 40)}
    used["d"] = (6, 9)
    assert nest(buffers, used)["d"] == ("a", 0)
    used["a"] = (9, 12)
    assert nest(buffers, used) == {"b": ("a", 0), "c": ("a", 40)}


def test_buffers_of_another_dtype_stay_apart():
    narrow = "b", Value(0, (40,), np.dtype("f4"), 0)
    assert nest([_buffer("a", 100), narrow], {"a": (5, 9), "b": (0, 3)}) == {}


def test_random_buffers_do_not_meet():
    rng = np.random.default_rng(2)
    for _ in range(50):
        sizes = [int(n) for n in rng.integers(1, 60, 200)]
        begins = [int(n) for n in rng.integers(0, 300, 200)]
        buffers = [_buffer(f"b{i}", size) for i, size in enumerate(sizes)]
        used = {f"b{i}": (at, at + int(rng.integers(0, 40))) for i, at in enumerate(begins)}
        found = nest(buffers, used)
        taken = {}
        for i, size in enumerate(sizes):
            home, start = found.get(f"b{i}", (f"b{i}", 0))
            assert home not in found
            assert start + size <= sizes[int(home[1:])]
            for at in range(used[f"b{i}"][0], used[f"b{i}"][1] + 1):
                places = taken.setdefault((home, at), set())
                mine = set(range(start, start + size))
                assert not places & mine
                places |= mine
        assert len(found) > 150


def test_variants_of_several_threads_compute_in_turns():
    compiled = ag.compile(lambda x, k: (ag.tanh(ag.exp(x) * k) * 2.0).sum())
    xs = [t(40 + 10 * i, 40) for i in range(4)]
    calls = [(i, k) for i in range(4) for k in (1.5, 2.5)]
    expected = {(i, k): (np.tanh(np.exp(xs[i].data) * k) * 2.0).sum() for i, k in calls}
    wrong = []

    def work(seed):
        for at in np.random.default_rng(seed).integers(8, size=100):
            i, k = calls[at]
            if compiled(xs[i], k).item() != pytest.approx(expected[i, k], rel=1e-12):
                wrong.append((i, k))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(compiled.variants) == 8


def test_a_call_while_another_thread_traces_waits(monkeypatch):
    """A trace stands in for what its arguments hold: nobody may look at them meanwhile."""
    compiled, x = ag.compile(lambda x: (ag.exp(x) * 2.0).sum()), t(20, 20)
    inside, found = threading.Event(), []
    ufunc = Traced.__array_ufunc__

    def slowly(self, *args, **kwargs):
        inside.set()
        time.sleep(0.02)
        return ufunc(self, *args, **kwargs)

    monkeypatch.setattr(Traced, "__array_ufunc__", slowly)
    first = threading.Thread(target=compiled, args=(x,))
    second = threading.Thread(target=lambda: found.append(compiled(x).item()))
    first.start()
    assert inside.wait(10)
    second.start()
    first.join()
    second.join()
    assert found == pytest.approx([(np.exp(x.data) * 2.0).sum()], rel=1e-12)
