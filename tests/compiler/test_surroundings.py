"""What surrounds a compiled function and changes between calls: hooks, keys, arrays in tuples."""

from __future__ import annotations

import functools
from collections import namedtuple

import numpy as np
import pytest

import autograd as ag

RNG = np.random.default_rng(8)


def t(*shape):
    return ag.tensor(RNG.standard_normal(shape))


def beside_each_other(make, changes):
    """The same changes and calls, compiled and not; gives the compiled function."""
    (plain, one), (step, two) = make(), make()
    compiled = ag.compile(step)
    for change in changes:
        x = t(3)
        if change is not None:
            change(one)
            change(two)
        np.testing.assert_array_equal(compiled(x).data, plain(x).data)
    return compiled


def weighted():
    w = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)

    def step(x):
        w.grad = None
        (w * x).sum().backward()
        return w.grad * 1.0

    return step, {"w": w}


def tripled(parts):
    parts["handle"] = parts["w"].register_hook(lambda g: g * 3)


def halved(parts):
    parts["handle"] = parts["w"].register_post_accumulate_grad_hook(_halve)


def _halve(leaf):
    leaf.grad.data[...] *= 0.5


def removed(parts):
    parts["handle"].remove()


def test_hooks_that_come_and_go():
    changes = [None, tripled, None, removed, None, halved, None, removed, tripled]
    compiled = beside_each_other(weighted, changes)
    assert compiled.fallbacks == 0


def test_hooks_of_arguments():
    def step(w):
        w.grad = None
        (w * w).sum().backward()
        return w.grad

    compiled = ag.compile(step)
    for factor in (None, 2.0, 3.0, None, 2.0):
        found = []
        for f in (step, compiled):
            w = ag.tensor([1.0, 2.0], requires_grad=True)
            if factor:
                w.register_hook(lambda g, factor=factor: g * factor)
            found.append(f(w).tolist())
        assert found[0] == found[1]


def test_what_hooks_collect_is_collected_at_every_call():
    def make():
        step, parts = weighted()
        parts["seen"], parts["count"] = [], {"sum": ag.zeros(())}
        parts["w"].register_hook(lambda g: parts["seen"].append(g.sum()))
        parts["w"].register_hook(
            lambda g: parts["count"].update(sum=parts["count"]["sum"] + g.sum())
        )
        return step, parts

    (plain, one), (step, two) = make(), make()
    compiled = ag.compile(step)
    for _ in range(4):
        x = t(3)
        compiled(x)
        plain(x)
    assert [s.item() for s in two["seen"]] == [s.item() for s in one["seen"]]
    assert len(two["seen"]) == 4
    assert two["count"]["sum"].item() == one["count"]["sum"].item()


def test_the_order_of_keys():
    def make():
        kept = {"a": 1, "b": ag.ones(3), "c": 2}

        def step(x):
            kept["b"] = kept.pop("b") + x
            kept["a"] = kept.pop("a")
            kept["new"] = x * 2
            return kept["b"] * 1.0

        return step, kept

    (plain, one), (step, two) = make(), make()
    compiled = ag.compile(step)
    for _ in range(4):
        x = t(3)
        np.testing.assert_array_equal(compiled(x).data, plain(x).data)
        assert list(two) == list(one)


def test_a_trace_leaves_the_order_of_keys():
    given = {"x": t(2), "y": 1, "z": [], "w": 2}

    def f(batch):
        del batch["y"]
        batch["y"] = 3
        return batch["x"] * 2

    ag.compile(f).trace(given)
    assert list(given) == ["x", "y", "z", "w"]


def test_containers_inside_of_an_argument_that_is_changed():
    def f(batch):
        batch["z"] = batch["x"] * 2
        del batch["y"]
        batch["l"].append(batch["x"].sum())

    compiled = ag.compile(f)
    for _ in range(3):
        one = {"x": t(2), "y": t(1), "l": []}
        two = {**one, "l": []}
        compiled(one)
        f(two)
        assert list(one) == list(two) == ["x", "l", "z"]
        assert one["l"][0].item() == two["l"][0].item()
        np.testing.assert_array_equal(one["z"].data, two["z"].data)


def test_leaves_that_the_function_makes_keep_their_gradients():
    holder = {}

    def f(x):
        u = x.detach().requires_grad_()
        (u * u).sum().backward()
        holder["w"] = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
        (holder["w"] * x).sum().backward()
        return u

    compiled = ag.compile(f)
    for _ in range(3):
        x = t(3)
        u = compiled(x)
        np.testing.assert_array_equal(u.grad.data, 2 * x.data)
        np.testing.assert_array_equal(holder["w"].grad.data, x.data)
        assert u.requires_grad


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("f", "given"),
    [
        (lambda pair: np.exp(pair[0]) + pair[1], lambda a: (a, a * 2)),
        (lambda pair: np.exp(pair.a) + pair.b, lambda a: Pair(a, ag.tensor(a))),
        (lambda pair: ag.tensor(pair[0]) * 2, lambda a: (a, 1)),
        (lambda pair: np.exp(pair["x"][0][1]), lambda a: {"x": ((1, a),)}),
        (lambda pair: (pair[0], pair[0][1:], pair), lambda a: (a,)),
    ],
)
def test_arrays_in_tuples_are_arguments(f, given):
    compiled = ag.compile(f)
    for _ in range(3):
        array = RNG.standard_normal(3)
        assert repr(compiled(given(array))) == repr(f(given(array)))
    assert len(compiled.variants) == 1


def test_arrays_in_tuples_are_written_into():
    def f(pair):
        pair[0][0] += pair[1].sum()
        return pair[0] * 2

    compiled = ag.compile(f)
    for _ in range(3):
        one, two = RNG.standard_normal(3), RNG.standard_normal(3)
        ours, theirs = (one.copy(), two), (one.copy(), two)
        np.testing.assert_array_equal(compiled(ours), f(theirs))
        np.testing.assert_array_equal(ours[0], theirs[0])


def test_arrays_in_tuples_that_a_function_holds():
    weights = np.ones(3)
    held = {"pair": (weights, ("scale", weights))}

    def f(x):
        return x * np.exp(held["pair"][0]) + ag.tensor(held["pair"][1][1])

    compiled = ag.compile(f)
    for number in (0.0, 1.0, -2.0):
        weights[0] = number
        x = t(3)
        np.testing.assert_array_equal(compiled(x).data, f(x).data)
    assert len(compiled.variants) == 1
    assert held["pair"][0] is held["pair"][1][1] is weights


TABLE = np.zeros(3)


def by_default(x, table=TABLE, *, other=TABLE):
    return ag.tensor(np.exp(table) + np.sin(other)) * x


def given_first(table, x, scale=1.0):
    return ag.tensor(np.exp(table)) * x * scale


@pytest.mark.parametrize("f", [by_default, functools.partial(given_first, TABLE, scale=2.0)])
def test_arrays_that_stand_for_parameters(f):
    compiled = ag.compile(f)
    defaults = by_default.__defaults__
    for number in (0.0, 1.0, -2.0):
        TABLE[0] = number
        x = t(3)
        np.testing.assert_array_equal(compiled(x).data, f(x).data)
    assert len(compiled.variants) == 1
    assert by_default.__defaults__ is defaults


def _default_dtype(x):
    ag.set_default_dtype(ag.float32)
    return x * 2


def _recording(x):
    ag.set_grad_enabled(False)
    return x * 2


def _errors(x):
    np.seterr(divide="ignore")
    return x * 2


@pytest.mark.parametrize(
    ("f", "what"),
    [(_default_dtype, "default dtype"), (_recording, "recording"), (_errors, "errstate")],
)
def test_what_is_chosen_for_all_that_follows_is_refused_and_taken_back(f, what):
    before = ag.get_default_dtype(), ag.is_grad_enabled(), np.geterr()
    with pytest.raises(ag.StateError, match=f"another .*{what} behind"):
        ag.compile(f)(t(2))
    assert (ag.get_default_dtype(), ag.is_grad_enabled(), np.geterr()) == before


def test_a_hook_that_stays_is_refused_and_taken_back():
    p = ag.tensor([1.0, 2.0], requires_grad=True)
    p.register_hook(lambda g: g * 3)

    def f(x, stays):
        handle = p.register_hook(lambda g: g * 2)
        (p * x).sum().backward()
        if not stays:
            handle.remove()

    compiled = ag.compile(f)
    with pytest.raises(ag.StateError, match="a hook of p for good"):
        compiled(t(2), stays=True)
    for times in (1, 2):
        compiled(ag.tensor([1.0, 1.0]), stays=False)
        assert p.grad.tolist() == [6.0 * times] * 2
