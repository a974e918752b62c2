"""What fails by its values, and is caught: compiled as uncompiled, in either order of calls."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

import autograd as ag

X = ag.tensor([10.0, 20.0, 30.0])
INSIDE, OUTSIDE = np.array([0, 2]), np.array([0, 5])
FINE, SINGULAR, NEGATIVE = np.diag([2.0, 1.0]), np.ones((2, 2)), np.diag([-1.0, 1.0])


def unused(index):
    try:
        X[index]
    except IndexError:
        return X * 0
    return X * 1


def used(index):
    try:
        found = X[index]
    except IndexError:
        found = X[:2] * 0
    return found * 1


def used_for_nothing(index):
    try:
        _ = ag.exp(X[index]).sum()
    except IndexError:
        return X * 0
    return X * 1


def of_an_array(index):
    try:
        X.data[index]
        np.take(X.data, index)
    except IndexError:
        return X * 0
    return X * 1


def taken(index):
    with contextlib.suppress(IndexError):
        ag.take(X, index)
        return X * 1
    return X * 0


def written(index):
    z = np.zeros_like(X.data)
    try:
        z[index] = 1.0
    except IndexError:
        return X * 0
    return X * 1


def added_at(index):
    z = np.zeros_like(X.data)
    try:
        np.add.at(z, index, 1.0)
    except IndexError:
        return X * 0
    return X * 1


def in_a_loop(index):
    for _ in range(2):
        try:
            X[index]
            break
        except IndexError:
            continue
    else:
        return X * 0
    return X * 1


def counted(index):
    try:
        np.bincount(index)
    except ValueError:
        return X * 0
    return X * 1


def inverse(a):
    try:
        return ag.inv(ag.tensor(a))
    except ValueError:
        return ag.tensor(a) * 0


def factors(a):
    try:
        ag.cholesky(ag.tensor(a))
    except ValueError:
        return ag.tensor(a) * 0
    return ag.tensor(a) * 1


CASES = [
    *[(f, INSIDE, OUTSIDE) for f in (unused, used, used_for_nothing, of_an_array, taken)],
    *[(f, INSIDE, OUTSIDE) for f in (written, added_at, in_a_loop)],
    (counted, INSIDE, -INSIDE),
    (inverse, FINE, SINGULAR),
    (factors, FINE, NEGATIVE),
]


@pytest.mark.parametrize("first", ["fine", "failing"])
@pytest.mark.parametrize(("f", "fine", "failing"), CASES, ids=[f.__name__ for f, *_ in CASES])
def test_the_person_who_catches_it_goes_on_as_uncompiled(f, fine, failing, first):
    calls = [fine, failing] if first == "fine" else [failing, fine]
    compiled = ag.compile(f)
    for argument in (*calls, *calls, fine):
        np.testing.assert_array_equal(compiled(argument).data, f(argument).data)
    assert len(compiled.variants) == 1
    assert compiled.fallbacks == 2


def _call_often(compiled, times):
    for _ in range(times):
        np.testing.assert_array_equal(compiled(OUTSIDE).data, np.zeros(3))


def test_what_always_fails_is_traced_ever_more_seldom(monkeypatch):
    compiled, traces = ag.compile(unused), []
    original = compiled._traced
    monkeypatch.setattr(compiled, "_traced", lambda *call: (traces.append(0), original(*call)))
    with pytest.warns(RuntimeWarning, match="unused ran uncompiled 20 times"):
        _call_often(compiled, 32)
    assert len(traces) == 6  # at the first call, and after 1, 2, 4, 8 and 16 that failed
    assert not compiled.variants


def test_what_fails_unused_fails_as_uncompiled():
    compiled = ag.compile(lambda index: (X[index], X * 1)[1])
    np.testing.assert_array_equal(compiled(INSIDE).data, X.data)
    with pytest.raises(IndexError):
        compiled(OUTSIDE)


def test_unused_results_that_cannot_fail_are_left_out():
    compiled = ag.compile(lambda index: (X[:2], X[np.array([0, 1])], X[index], X * 1)[3])
    compiled(INSIDE)
    names = [(line.kind, line.name) for line in compiled.program.instructions]
    assert names == [("getitem", ""), ("guard", "shape"), ("call", "np.multiply")]


def test_errors_of_shapes_take_no_variant_back():
    def f(a):
        try:
            return X @ a
        except ValueError:
            return X * 0

    compiled = ag.compile(f)
    for size in (3, 2, 3, 2):
        a = ag.tensor(np.ones(size))
        np.testing.assert_array_equal(compiled(a).data, f(a).data)
    assert (len(compiled.variants), compiled.fallbacks) == (2, 0)


@pytest.mark.parametrize("kind", [BaseException, Exception, ag.StateError])
def test_a_refusal_that_is_caught_is_raised_all_the_same(kind):
    def f(v):
        try:
            scale = float(v.sum())
        except kind:
            scale = 0.0
        return v * scale

    with pytest.raises(ag.StateError, match=r"scale = float\(v\.sum\(\)\)"):
        ag.compile(f)(X)


def test_asking_for_the_source_says_why_there_is_none():
    with pytest.raises(ag.StateError, match=r"goes on after an error.*out of bounds.*ag\.where"):
        ag.derive(unused, OUTSIDE)


def test_what_numpy_is_told_not_to_warn_of():
    def f(v):
        with np.errstate(divide="ignore"):
            inverse = 1.0 / v
        with np.errstate(all="ignore"):
            root = ag.sqrt(v - 1.0) * inverse
        return inverse, root, v * 2

    compiled = ag.compile(f)
    for numbers in ([1.0, 2.0], [0.0, 2.0]):
        v = ag.tensor(numbers)
        for ours, theirs in zip(compiled(v), f(v), strict=True):
            np.testing.assert_array_equal(ours.data, theirs.data)
    assert len(compiled.variants) == 1
    inside = compiled.source.split('errstate(divide="ignore"):')[1].splitlines()
    assert inside[1].startswith(" " * 8)
    assert 'with np.errstate(all="ignore"):' in compiled.source

    with pytest.warns(RuntimeWarning, match="divide by zero"):
        ag.compile(lambda v: 1.0 / v)(ag.tensor([0.0]))


def test_a_loss_warns_compiled_where_it_does_uncompiled():
    loss = ag.compile(lambda p: ag.binary_cross_entropy(p, ag.tensor([0.0, 1.0])))
    assert loss(ag.tensor([0.5, 0.5])).item() == pytest.approx(np.log(2))
    assert loss(ag.tensor([0.0, 1.0])).item() == 0.0
    assert loss(ag.tensor([1.0, 1.0])).item() == 50.0


def test_what_numpy_is_told_to_raise_is_refused():
    def f(v):
        with np.errstate(divide="raise"):
            return 1.0 / v

    with pytest.raises(ag.StateError, match=r"errstate\(divide='raise'\).*return 1\.0 / v.*around"):
        ag.compile(f)(X)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        ag.compile(lambda v: 1.0 / v)(ag.tensor([0.0]))


def test_errors_in_a_trace_say_what_was_given():
    def f(v, index):
        return v[index]

    for index in (ag.tensor([5]), np.array([5])):
        with pytest.raises(ag.IndexingError, match=r"index=array\(\[5\]\)") as wanted:
            f(X, index)
        with pytest.raises(ag.IndexingError) as found:
            ag.compile(f)(X, index)
        assert str(found.value) == str(wanted.value)
