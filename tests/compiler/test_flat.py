"""Updates over one flat array: what the pass writes, and that nobody can tell from outside."""

from __future__ import annotations

import copy
import pickle
from itertools import pairwise

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.compiler.homes import Home
from autograd.compiler.passes import PASSES, improve
from autograd.compiler.passes.counts import equal_counts
from autograd.compiler.passes.flat import update_flat
from autograd.compiler.places import Slot
from autograd.compiler.together import handed_back, joined, side_by_side

RULES = {
    "momentum": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-3),
    "nesterov": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "adam": lambda p: optim.Adam(p, lr=1e-2),
    "amsgrad": lambda p: optim.Adam(p, lr=1e-2, amsgrad=True, weight_decay=1e-2),
    "adamw": lambda p: optim.AdamW(p, lr=1e-2),
    "adagrad": lambda p: optim.Adagrad(p, lr=1e-2),
    "rmsprop": lambda p: optim.RMSprop(p, lr=1e-3, momentum=0.5, centered=True),
    "lion": lambda p: optim.Lion(p, lr=1e-3),
}

UNFLAT = tuple(p for p in PASSES if p is not update_flat)


class Task:
    """A model, an optimizer, and a training step."""

    def __init__(self, rule="adam", clip=None, groups=None, passes=PASSES, dtypes=()):
        ag.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 8), nn.Linear(8, 3))
        for layer, dtype in zip(
            (self.model[0], self.model[2], self.model[3]), dtypes, strict=False
        ):
            for p in layer.parameters():
                p.data = p.data.astype(dtype)
        params = list(self.model.parameters())
        self.optimizer = RULES[rule](groups(params) if groups else params)
        self.clip, self.entropy = clip, nn.CrossEntropyLoss()
        self.compiled = ag.compile(self.step)
        self.compiled.passes = passes
        self.rng = np.random.default_rng(1)

    def step(self, x, labels):
        self.optimizer.zero_grad()
        loss = self.entropy(self.model(x), labels)
        loss.backward()
        if self.clip is not None:
            self.clip(list(self.model.parameters()))
        self.optimizer.step()
        return loss

    def batch(self, rows=5):
        return ag.tensor(self.rng.standard_normal((rows, 6))), ag.tensor(
            self.rng.integers(0, 3, rows)
        )

    def run(self, count, step=None):
        return [(step or self.compiled)(*self.batch()).item() for _ in range(count)]

    def numbers(self):
        """Everything that a training changes."""
        params = list(self.model.parameters())
        found = {("value", i): p.data for i, p in enumerate(params)}
        found |= {("grad", i): p.grad.data for i, p in enumerate(params) if p.grad is not None}
        for i, p in enumerate(params):
            found |= {
                (name, i): np.asarray(x) for name, x in self.optimizer.state.get(p, {}).items()
            }
        return found


def same(one, two, **tolerance):
    """Whether two tasks are in the same state: bit for bit, if nothing else is said."""
    one, two = one.numbers(), two.numbers()
    assert one.keys() == two.keys()
    for name, array in one.items():
        if tolerance:
            np.testing.assert_allclose(array, two[name], err_msg=str(name), **tolerance)
        else:
            np.testing.assert_array_equal(array, two[name], err_msg=str(name))


def is_flat(task):
    """Whether the variant that ran last updates over flat arrays."""
    return bool(task.compiled.program.flats)


def homes(task):
    return [home for home in task.compiled.latest.flats if isinstance(home, Home)]


# --- what is written -------------------------------------------------------------------------


def test_before_and_after():
    task = Task("momentum")
    task.run(3)
    captured = task.compiled
    names = [line.name for line in captured.program.instructions]
    other = Task("momentum", passes=UNFLAT)
    other.run(3)
    before = [line.name for line in other.compiled.program.instructions]
    assert before.count("np.subtract") - names.count("np.subtract") == 0  # θ ← θ − …: each alone
    assert before.count("np.multiply") - names.count("np.multiply") == 2 * 5  # decay: each alone
    assert names.count("joined") == names.count("handed_back") == 1
    assert names.count("side_by_side") == 3  # gradients, decay, what is taken from parameters
    assert "flat: 48 calls that update 6 arrays are 23, in groups of 6" in captured.explain()


def test_one_parameter_is_left_alone():
    w = ag.tensor(np.ones(3), requires_grad=True)
    optimizer = optim.Adam([w])

    @ag.compile
    def step():
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()

    for _ in range(3):
        step()
    assert "flat: no arrays that are updated alike" in step.explain()
    assert not step.program.flats


def test_large_arrays_are_left_alone():
    a, b, c, d = (ag.tensor(np.ones(n), requires_grad=True) for n in (100_000, 100_000, 10, 20))
    optimizer = optim.Adam([a, b, c, d])

    @ag.compile
    def step():
        optimizer.zero_grad()
        sum(((p * p).sum() for p in (a, b, c, d)), ag.tensor(0.0)).backward()
        optimizer.step()

    for _ in range(3):
        step()
    sizes = {value.size for flat in step.program.flats.values() for value in flat.parts}
    assert sizes == {10, 20}


def test_equal_counts_are_one_and_their_equality_is_assumed():
    task = Task("adam")
    task.run(2)
    before = improve(task.compiled.program, ())
    captured = ag.compile(task.step)
    captured.passes = (equal_counts,)
    program = captured.trace(*task.batch()).program
    assert "counts: 6 are 1" in program.remarks
    guards = [line for line in program.instructions if line.kind == "guard"]
    assert len(guards) >= 5
    assert before is task.compiled.program


def test_the_source_runs_without_memory_that_is_given():
    task = Task("adagrad", clip=lambda p: optim.clip_grad_value_(p, 0.01))
    task.run(3)
    space = {}
    exec(task.compiled.source, space)
    variant = task.compiled.latest
    leaves = list(task.batch())
    inputs = [
        np.copy(x) if isinstance(x, np.ndarray) else x for x in (s(leaves) for s in variant.sources)
    ]
    expected = [np.copy(x) if isinstance(x, np.ndarray) else x for x in inputs]
    space["step"](*inputs)  # flat_0 and so on are None: state is copied to and fro
    variant.run(*expected, *variant.given)
    for mine, theirs in zip(inputs, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    task.compiled(*leaves)
    held = [s(leaves) for s in variant.sources]
    for mine, theirs in zip(inputs, held, strict=True):
        if isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, theirs)


def test_the_helpers():
    flat, a, b = side_by_side(((2, 2), (3,)), np.float32)
    flat[:] = range(7)
    assert a.tolist() == [[0, 1], [2, 3]]
    assert b.tolist() == [4, 5, 6]
    assert joined([a, b], flat) is flat
    assert joined([a, b]).tolist() == flat.tolist()
    handed_back(flat + 1, [a, b])
    assert b.tolist() == [5, 6, 7]
    handed_back(flat + 1, [a, b], flat)
    assert b.tolist() == [5, 6, 7]
    assert a.base is not b.base or not isinstance(a.base, np.ndarray)


# --- the same numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_a_hundred_steps_as_uncompiled(rule):
    one, two, three = Task(rule), Task(rule), Task(rule, passes=UNFLAT)
    losses = one.run(100)
    np.testing.assert_allclose(losses, two.run(100, two.step), rtol=1e-6)
    assert is_flat(one)
    assert losses == three.run(100)
    same(one, three)
    same(one, two, rtol=1e-9, atol=1e-12)


CLIPS = {
    "value": lambda p: optim.clip_grad_value_(p, 0.05),
    "norm": lambda p: optim.clip_grad_norm_(p, 0.1),
}


@pytest.mark.parametrize("clip", CLIPS)
def test_gradients_are_clipped_where_they_lie(clip):
    one, three = Task("adam", CLIPS[clip]), Task("adam", CLIPS[clip], passes=UNFLAT)
    assert one.run(20) == three.run(20)
    assert is_flat(one)
    same(one, three)


def test_groups_with_other_options_and_dtypes_stay_apart():
    def groups(params):
        return [{"params": params[:4]}, {"params": params[4:], "lr": 0.5, "weight_decay": 0.1}]

    one, three = Task("adam", groups=groups), Task("adam", groups=groups, passes=UNFLAT)
    assert one.run(20) == three.run(20)
    same(one, three)
    assert "in groups of 4, 2" in one.compiled.explain()


def test_a_learning_rate_may_change():
    one, three = Task("adam"), Task("adam", passes=UNFLAT)
    for task in (one, three):
        task.run(5)
        task.optimizer.param_groups[0]["lr"] = 0.3
        task.run(5)
    same(one, three)
    assert len(one.compiled.variants) == 2  # without state, with it


# --- who looks from outside ------------------------------------------------------------------


def both():
    """Two tasks after some steps: flat and not."""
    one, three = Task("adam"), Task("adam", passes=UNFLAT)
    one.run(4)
    three.run(4)
    assert is_flat(one)
    assert all(home.flat is not None for home in homes(one))
    return one, three


def test_writes_from_outside_are_seen():
    one, three = both()
    for task in (one, three):
        for p in task.model.parameters():
            p.data *= 0.5
            p.data = p.data + 0.25
            task.optimizer.state[p]["exp_avg"][...] = 0.1
            task.optimizer.state[p]["exp_avg_sq"] = np.full(p.shape, 0.3)
    one.run(3)
    three.run(3)
    same(one, three)
    assert all(home.flat is not None for home in homes(one))


def test_states_that_are_loaded():
    one, three = both()
    for task in (one, three):
        saved = copy.deepcopy((task.model.state_dict(), task.optimizer.state_dict()))
        task.run(3)
        task.model.load_state_dict(saved[0])
        task.optimizer.load_state_dict(saved[1])
        task.run(3)
    same(one, three)


def test_whoever_holds_the_state_sees_it_change():
    one = Task("momentum")
    one.run(1)  # state is there, but was not moved yet
    params = list(one.model.parameters())
    held = [one.optimizer.state[p]["momentum_buffer"] for p in params]
    one.run(3)
    assert is_flat(one)
    assert [home.flat for home in homes(one)] == [None]
    for p, array in zip(params, held, strict=True):
        assert one.optimizer.state[p]["momentum_buffer"] is array
    three = Task("momentum", passes=UNFLAT)
    three.run(4)
    same(one, three)
    del held, array
    one.run(1)
    three.run(1)
    same(one, three)
    assert homes(one)[0].flat is not None


def test_a_view_of_the_state_keeps_it_where_it_is():
    one = Task("momentum")
    one.run(1)
    p = next(iter(one.model.parameters()))
    first = one.optimizer.state[p]["momentum_buffer"][0]
    one.run(3)
    assert homes(one)[0].flat is None
    np.testing.assert_array_equal(first, one.optimizer.state[p]["momentum_buffer"][0])


def test_state_that_has_moved_stays_what_is_held():
    one, _ = both()
    p = next(iter(one.model.parameters()))
    array = one.optimizer.state[p]["exp_avg"]
    before = array.copy()
    one.run(2)
    assert one.optimizer.state[p]["exp_avg"] is array
    assert (array != before).any()


def test_gradients_that_are_held_are_not_written_over():
    one, three = both()
    kept = []
    for _ in range(4):
        one.run(1)
        kept.append(
            [
                (view, view.copy())
                for p in one.model.parameters()
                for view in (p.grad.data if len(kept) % 2 else p.grad.data[:1],)
            ]
        )
    for arrays in kept:
        for view, was in arrays:
            np.testing.assert_array_equal(view, was)
    three.run(4)
    same(one, three)
    tensors = [p.grad for p in one.model.parameters()]
    numbers = [t.data.copy() for t in tensors]
    one.run(1)
    for tensor, was in zip(tensors, numbers, strict=True):
        np.testing.assert_array_equal(tensor.data, was)
    assert all(p.grad is not t for p, t in zip(one.model.parameters(), tensors, strict=True))


def test_gradients_are_computed_where_the_last_ones_were():
    one, _ = both()
    p = next(iter(one.model.parameters()))
    places = {(one.run(1), p.grad.data.ctypes.data)[1] for _ in range(5)}
    assert len(places) == 1


def test_gradients_that_change_hands():
    one, three = both()
    for task in (one, three):
        a, b = task.model[0].weight, task.model[2].weight
        b.grad = ag.tensor(b.grad.data)
        a.grad = None
        task.run(2)
    same(one, three)


def test_pickles_and_copies_hold_their_own_numbers_alone():
    one, three = both()
    p = one.model[3].bias
    alone = len(pickle.dumps(np.zeros(3)))
    assert len(pickle.dumps(one.optimizer.state[p]["exp_avg"])) == alone
    assert len(pickle.dumps(p.grad.data)) == alone
    assert p.data.base is None
    twin = copy.deepcopy(one)
    twin.compiled = ag.compile(twin.step)
    assert twin.run(5) == three.run(5)
    same(twin, three)
    one.run(5)
    same(one, three)


def test_batches_of_several_sizes_share_the_state():
    one, three = both()
    for task in (one, three):
        for rows in (5, 3, 5, 3, 2, 5):
            task.compiled(*task.batch(rows))
    same(one, three)
    flats = [v.flats for _, v in one.compiled.variants if v.flats]
    assert len(flats) == 3
    for mine, theirs in pairwise(flats):
        assert [
            x.parts[0] is y.parts[0]
            for x, y in zip(mine, theirs, strict=True)
            if isinstance(x, Home)
        ]


def test_another_compiled_step_finds_the_state_together():
    one, three = both()
    again = ag.compile(lambda x, y: one.step(x, y))
    other = ag.compile(lambda x, y: three.step(x, y))
    other.passes = UNFLAT
    for _ in range(2):
        assert one.run(2, again) == three.run(2, other)
        assert one.run(2) == three.run(2)
    same(one, three)
    assert all(x.flat is not None for x in again.latest.flats if isinstance(x, Home))


def test_uncompiled_steps_in_between():
    one, three = both()
    for task in (one, three):
        task.run(2, task.step)
        task.run(2)
    same(one, three, rtol=1e-9, atol=1e-12)
    assert all(home.flat is not None for home in homes(one))


def test_frozen_parameters_and_counts_that_fall_behind():
    one, three = both()
    for task in (one, three):
        task.model[0].weight.requires_grad = False
        task.run(3)
        task.model[0].weight.requires_grad = True
        task.run(3)
    same(one, three)
    assert one.compiled.fallbacks == 0
    steps = {one.optimizer.state[p]["step"] for p in one.model.parameters()}
    assert steps == {7, 10}


def test_a_parameter_that_two_models_share():
    def build(passes):
        ag.manual_seed(0)
        first, second = nn.Linear(4, 4), nn.Linear(4, 4)
        second.weight = first.weight
        params = [first.weight, first.bias, second.bias]
        optimizer = optim.Adam(params, lr=0.1)

        def step(x):
            optimizer.zero_grad()
            loss = (second(ag.tanh(first(x))) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        compiled = ag.compile(step)
        compiled.passes = passes
        return compiled, params

    x = ag.tensor(np.linspace(-1, 1, 12).reshape(3, 4))
    (one, mine), (three, theirs) = build(PASSES), build(UNFLAT)
    assert [one(x).item() for _ in range(10)] == [three(x).item() for _ in range(10)]
    assert one.program.flats
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


def test_parameters_that_are_views_of_one_array():
    def build(passes):
        whole = np.linspace(-1, 1, 20)
        params = [ag.tensor(whole[:8]), ag.tensor(whole[8:]), ag.tensor(np.ones(3))]
        params[0].data, params[1].data = whole[:8], whole[8:]
        for p in params:
            p.requires_grad = True
        optimizer = optim.Adam(params, lr=0.1)

        def step():
            optimizer.zero_grad()
            loss = sum(((p * p * p).sum() for p in params), ag.tensor(0.0))
            loss.backward()
            optimizer.step()
            return loss

        compiled = ag.compile(step)
        compiled.passes = passes
        return compiled, whole

    (one, mine), (three, theirs) = build(PASSES), build(UNFLAT)
    assert [one().item() for _ in range(10)] == [three().item() for _ in range(10)]
    np.testing.assert_array_equal(mine, theirs)


def test_dtypes_stay_apart():
    def build(passes):
        params = [
            ag.tensor(np.full(n, 0.5, dtype), requires_grad=True)
            for n, dtype in ((3, "f4"), (4, "f4"), (5, "f8"), (6, "f8"))
        ]
        optimizer = optim.Adam(params, lr=0.1)

        def step():
            optimizer.zero_grad()
            loss = sum(((p * p).sum() for p in params), ag.tensor(0.0))
            loss.backward()
            optimizer.step()

        compiled = ag.compile(step)
        compiled.passes = passes
        return compiled, params

    (one, mine), (three, theirs) = build(PASSES), build(UNFLAT)
    for _ in range(5):
        one()
        three()
    assert "in groups of 2, 2" in one.explain()
    for a, b in zip(mine, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a.data, b.data)


def test_an_error_in_the_middle_leaves_the_state_usable():
    one, three = both()
    wrong = ag.tensor(np.ones((5, 7))), ag.tensor(np.zeros(5, int))
    for task in (one, three):
        with pytest.raises(ag.GlassError):
            task.compiled(*wrong)
        task.run(2)
    same(one, three)


def test_a_home_with_one_part_gone():
    store = {name: np.full(3, float(at)) for at, name in enumerate("abc")}
    home = Home([Slot(store, name, name) for name in "abc"], np.dtype(float))
    flat = home([])
    assert flat.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert home([]) is flat
    half = Home([Slot(store, name, name) for name in "bc"], np.dtype(float))
    assert half([]).tolist() == [1, 1, 1, 2, 2, 2]
    half([])[0] = 7
    assert store["b"][0] == 7
    wrong = Home([Slot(store, name, name) for name in "ac"], np.dtype(float))
    assert wrong([]) is None
    store["b"] = np.ones(3)
    assert home([]) is None
