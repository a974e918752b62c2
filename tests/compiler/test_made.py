"""Tensors that a compiled function makes itself: written into as uncompiled, and read."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import autograd as ag
from autograd.ops import creation

RNG = np.random.default_rng(0)
GIVEN = np.array([3.0, 1.0, 2.0])


def given():
    return ag.tensor(GIVEN)


def copied(v):
    return ag.zeros(3).copy_(v)


def row(v):
    z = ag.zeros(2, 3)
    z[1] += v
    return z


def column(v):
    z = ag.zeros(2, 3)
    z[:, ::2] = v[:2]
    z.T[0] += v[:2]
    return z


def through_data(v):
    z = ag.zeros(3)
    z.data[...] = v.data
    z.data[0] += 1
    return z * 2


def seen_through_data(v):
    z = ag.zeros(3)
    looked = z.data
    z += v
    return looked


def seen_through_numpy(v):
    z = ag.tensor([1.0, 2.0, 3.0])
    looked = z.numpy()
    z *= v
    return ag.tensor(looked)


def seen_by_detached(v):
    z = ag.ones(3)
    apart = z.detach()
    z += v
    return apart * 1


def views(v):
    z = ag.zeros(3)
    w = z[:2]
    w += v[:2]
    z *= 2
    return w, z


def collected(v):
    z, found = ag.zeros(3), []
    for i in range(3):
        z += v
        found.append(z.clone() if i else z)
    return found


def single(v):
    z = ag.zeros(())
    z += v.sum()
    z += v.sum()
    return z


def filled(v):
    z = ag.empty(3)
    z.copy_(v).mul_(2) if hasattr(z, "mul_") else z.copy_(v)
    z -= 1
    z.fill_(2.0)
    z /= v
    return z


def before_and_after(v):
    z = ag.arange(3.0)
    early = z + 1
    z += v
    return early, z + 1


def adopted(v):
    z = ag.zeros(3)
    z.data = v.data
    z += 1
    return z, v


def shared(v):
    t = ag.as_tensor(v.data)
    t += 1
    u = ag.from_numpy(v.data)
    u *= 2
    return v * 1


def trained(v):
    w = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    ((w - v) ** 2).sum().backward()
    w.data -= 0.1 * w.grad.data
    with ag.no_grad():
        w *= v
    return w


def untouched_array(v):
    array = np.ones(3)
    return ag.as_tensor(array) * v + ag.from_numpy(array)


def fresh_array(v):
    t = ag.from_numpy(np.zeros(3))
    t += v
    return t


WRITERS = [
    copied, row, column, through_data, seen_through_data, seen_through_numpy, seen_by_detached,
    views, collected, single, filled, before_and_after, adopted, shared, trained,
    untouched_array, fresh_array,
]  # fmt: skip


def arrays_of(result):
    parts = result if isinstance(result, (tuple, list)) else [result]
    return [np.array(part.data if isinstance(part, ag.Tensor) else part) for part in parts]


@pytest.mark.parametrize("f", WRITERS, ids=lambda f: f.__name__)
def test_what_is_written_is_there_at_every_call(f):
    compiled = ag.compile(f)
    for factor in (1.0, -0.5, 4.0):
        ours, theirs = compiled(given() * factor), f(given() * factor)
        for one, other in zip(arrays_of(ours), arrays_of(theirs), strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(compiled.variants) == 1
    assert compiled.fallbacks == 0


def test_numbers_that_the_function_has_made_may_be_read():
    def f(v):
        order = ag.tensor([2, 0, 1])
        assert order.sum() == 3
        assert bool((order >= 0).all())
        assert f"{order}" == "tensor([2, 0, 1])" == repr(order)
        assert f"{order.sum():d} {order.data}" == "3 [2 0 1]"
        parts = [v[i] for i in order.tolist()]
        parts.append(v[int(order[0])] * float(order.sum()) * order.max().item())
        assert list(np.asarray(order)) == list(np.array(order)) == [2, 0, 1]
        assert order.data.tobytes() == np.array([2, 0, 1]).tobytes()
        assert order.data.real.tolist() == [2, 0, 1]
        return ag.stack(parts), np.random.default_rng(0).permutation(np.array(order))

    compiled = ag.compile(f)
    for factor in (1.0, 2.0):
        found, wanted = compiled(given() * factor), f(given() * factor)
        np.testing.assert_array_equal(found[0].data, wanted[0].data)
        np.testing.assert_array_equal(found[1], wanted[1])


def test_they_stand_in_the_source_as_constants():
    def f(v):
        mask = ag.eye(3) * 2 - ag.ones(3)
        return ag.exp(v @ mask)

    compiled = ag.compile(f, limit=2)
    np.testing.assert_array_equal(compiled(given()).data, f(given()).data)
    assert [line.name for line in compiled.program.instructions] == ["np.matmul", "np.exp"]
    lines = [line for line in ag.derive(f, given()).splitlines() if " = " in line]
    assert len(lines) == 2  # the constant, and the exponential of the product


def test_zeros_that_are_written_into_are_zeros_in_the_source():
    def f(v):
        z, count = ag.zeros(2, 3), ag.zeros(())
        z[1] += v
        count += v.sum()
        signed = ag.tensor([-0.0, 0.0, 1.0])
        signed[2] = 0.0 * v[0]
        return z, count, 1.0 / signed

    compiled = ag.compile(f)
    with np.errstate(divide="ignore"):
        for ours, theirs in zip(compiled(given()), f(given()), strict=True):
            np.testing.assert_array_equal(ours.data, theirs.data)
    assert "np.zeros((2, 3), np.float64)" in compiled.source


def test_once_something_is_written_they_are_read_no_more():
    def f(v):
        z = ag.zeros(3)
        assert z.sum() == 0
        z += v
        return v if z.sum() > 0 else z

    with pytest.raises(ag.StateError, match=r"by bool\(\).*return v if z\.sum\(\) > 0"):
        ag.compile(f)(given())


def test_an_array_that_numpy_looks_at_is_not_changed_unnoticed():
    def looked_at(v):
        z = ag.zeros(3)
        array = np.asarray(z)
        z += v
        return array

    def made_around(v):
        array = np.zeros(3)
        t = ag.from_numpy(array)
        t += v
        return array

    def changed_behind(v):
        array = np.zeros(3)
        t = ag.from_numpy(array)
        array[0] = 5
        return t * v

    def written_by_numpy(v):
        z = ag.zeros(3)
        np.asarray(z.data)[0] = 5
        return z * v

    for f in (looked_at, made_around):
        with pytest.raises(
            ag.StateError, match=r"NumPy looks at, too in .*: [zt] \+= v.*np\.array"
        ):
            ag.compile(f)(given())
    for f in (changed_behind, written_by_numpy):
        with pytest.raises(ag.StateError, match="behind a tensor"):
            ag.compile(f)(given())


def test_a_copy_for_numpy_holds_nobody_up():
    def f(v):
        z = ag.zeros(3)
        array = np.array(z)
        array[0] = 1
        z += v
        return array, z

    array, z = ag.compile(f)(given())
    np.testing.assert_array_equal(array, [1, 0, 0])
    np.testing.assert_array_equal(z.data, GIVEN)


@functools.lru_cache
def waves(n):
    return ag.sin(ag.arange(n) * 1.0)


@functools.lru_cache
def table(n):
    return ag.tensor(np.arange(n) * 1.0)


def test_what_a_cache_keeps_of_a_trace_computes_as_arrays_do():
    def f(x):
        return x + waves(len(x)), table(len(x)), [table(len(x))[:1]]

    waves.cache_clear()
    table.cache_clear()
    for compiled in (ag.compile(f), ag.compile(f)):
        for n in (3, 2, 3):
            x = ag.tensor(RNG.standard_normal(n))
            ours, kept, (first,) = compiled(x)
            np.testing.assert_array_equal(ours.data, x.data + np.sin(np.arange(n)))
            np.testing.assert_array_equal(kept.data, np.arange(n))
            assert first.item() == 0.0
    found = waves(3)
    assert found.sum().item() == float(np.sin(np.arange(3)).sum())
    assert np.asarray(found).tolist() == found.tolist() == np.sin(np.arange(3)).tolist()
    assert repr(found).startswith("tensor([0.")
    assert bool((found >= 0).all())
    w = ag.ones(3, requires_grad=True)
    (w * found).sum().backward()
    np.testing.assert_array_equal(w.grad.data, np.sin(np.arange(3)))
    assert ag.compile(lambda x: x * 2)(found).tolist() == (np.sin(np.arange(3)) * 2).tolist()
    assert type(found.data) is np.ndarray


def test_the_engine_makes_tensors_as_before_when_the_trace_is_over():
    before = creation.leaf
    compiled = ag.compile(lambda v: v + ag.ones(3))
    compiled(given())
    with pytest.raises(ZeroDivisionError):
        ag.compile(lambda v: v + 1 // 0)(given())
    assert creation.leaf is before
    assert type(ag.zeros(2).data) is np.ndarray
