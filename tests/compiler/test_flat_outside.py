"""Updates over one flat array: what people do between two steps, and nobody can tell."""

from __future__ import annotations

import copy
import pickle
from itertools import pairwise

import numpy as np
import pytest
from flat_tasks import CLIPS, RULES, UNFLAT, Task, homes, is_flat, same

import autograd as ag
import nn
import optim
from autograd.compiler.homes import Home
from autograd.compiler.passes import PASSES
from autograd.compiler.places import Slot

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


class LossFirst(Task):
    """Gradients of the call before are there until the loss has been computed."""

    def step(self, x, labels):
        loss = self.entropy(self.model(x), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss


def test_gradients_of_the_call_before_are_there_after_a_bad_label():
    one = LossFirst()
    one.run(4)
    assert is_flat(one)
    before = [p.grad.data.copy() for p in one.model.parameters()]
    x, _ = one.batch()
    with pytest.raises(ag.IndexingError):
        one.compiled(x, ag.tensor([0, 1, 9, 0, 0]))
    for p, was in zip(one.model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.grad.data, was)


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


# --- anything, in any order ------------------------------------------------------------------


def change(task, held, kind, at, name, factor):
    """One of the things that people do between two steps."""
    p = list(task.model.parameters())[at]
    state = task.optimizer.state.get(p, {})
    match kind:
        case "hold state":
            held.append(state.get(name))
        case "hold a view" if name in state:
            held.append(state[name][:1])
        case "hold gradients":
            held += [q.grad.data for q in task.model.parameters() if q.grad is not None]
        case "let go":
            held.clear()
        case "replace state" if name in state:
            state[name] = state[name] * factor
        case "write into state" if name in state:
            state[name][...] *= factor
        case "replace":
            p.data = p.data * factor
        case "write":
            p.data *= factor
        case "replace gradient":
            p.grad = None if p.grad is None else ag.tensor(p.grad.data * factor)
        case "freeze":
            p.requires_grad = not p.requires_grad
        case "rate":
            task.optimizer.param_groups[0]["lr"] = factor / 10
        case "load":
            task.optimizer.load_state_dict(copy.deepcopy(task.optimizer.state_dict()))


KINDS = ["hold state", "hold a view", "hold gradients", "let go", "freeze", "rate", "load"]
KINDS += ["replace state", "write into state", "replace", "write", "replace gradient"]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_people_do_between_steps(seed):
    rng = np.random.default_rng(seed)
    rule, clip = rng.choice(list(RULES)), (None, *CLIPS.values())[seed % 3]
    one, three = Task(rule, clip), Task(rule, clip, passes=UNFLAT)
    mine, theirs = [], []
    for _ in range(8):
        name = rng.choice(["exp_avg", "exp_avg_sq", "sum", "square_avg", "momentum_buffer"])
        given = rng.choice(KINDS), rng.integers(6), str(name), rng.random()
        change(one, mine, *given)
        change(three, theirs, *given)
        if any(p.requires_grad for p in one.model.parameters()):
            with np.errstate(all="ignore"):  # states that were written into may make no sense
                np.testing.assert_array_equal(one.run(2), three.run(2))
        same(one, three)
        for ours, other in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(ours, other)
