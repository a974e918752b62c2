"""Updates over one flat array: what the pass writes, and that nobody can tell from outside."""

from __future__ import annotations

import re

import numpy as np
import pytest
from flat_tasks import CLIPS, RULES, UNFLAT, Task, is_flat, same

import autograd as ag
import nn
import optim
from autograd.compiler.passes import PASSES
from autograd.compiler.passes.counts import equal_counts
from autograd.compiler.together import handed_back, joined, side_by_side

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
    assert names.count("side_by_side") == 1  # gradients; the decay lies in a buffer
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
    assert re.search(r"without effect here: .*\bflat\b", step.explain(), re.S)
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
    counting = ag.compile(task.step)
    counting.passes = (equal_counts,)
    program = counting.trace(*task.batch()).program
    assert "counts: 6 are 1" in program.remarks
    guards = [line for line in program.instructions if line.kind == "guard"]
    assert len(guards) >= 5


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
    assert joined([a, b]).tolist() == flat.tolist()
    handed_back(flat + 1, [a, b])
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


@pytest.mark.parametrize("clip", CLIPS)
def test_gradients_are_clipped_where_they_lie(clip):
    one, three = Task("adam", CLIPS[clip]), Task("adam", CLIPS[clip], passes=UNFLAT)
    assert one.run(20) == three.run(20)
    assert is_flat(one)
    same(one, three)
    in_place = [line for line in one.compiled.program.instructions if "out" in line.kwargs]
    clipped = [line for line in in_place if line.note.phase == "forward"]
    assert len(clipped) == 1


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


class Accumulating(Task):
    """Gradients of all steps add up."""

    def step(self, x, labels):
        loss = self.entropy(self.model(x), labels)
        loss.backward()
        self.optimizer.step()
        return loss


class Late(Task):
    """Gradients are gone when the step is over."""

    def step(self, x, labels):
        loss = super().step(x, labels)
        self.optimizer.zero_grad()
        return loss


class Returned(Task):
    """Gradients are results, too."""

    def step(self, x, labels):
        params = list(self.model.parameters())
        grads = ag.grad(self.entropy(self.model(x), labels), params)
        for p, g in zip(params, grads, strict=True):
            p.grad = g
        self.optimizer.step()
        self.kept = params[0].grad, grads
        return sum(g.sum() for g in grads)


class Given(Task):
    """The update alone is compiled; gradients come from outside."""

    def step(self, x, labels):
        self.optimizer.step()
        return x[0, 0] * 1.0

    def run(self, count, step=None):
        for _ in range(count):
            batch = self.batch()
            self.optimizer.zero_grad()
            self.entropy(self.model(batch[0]), batch[1]).backward()
            (step or self.compiled)(*batch)
        return []


@pytest.mark.parametrize("task", [Accumulating, Late, Returned, Given])
def test_other_steps_of_training(task):
    one, two, three = task(), task(), task(passes=UNFLAT)
    assert one.run(8) == three.run(8)
    assert is_flat(one)
    two.run(8, two.step)
    same(one, three)
    same(one, two, rtol=1e-9, atol=1e-12)


def test_convolutions_and_norms():
    def build(passes):
        ag.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), nn.Flatten()
        )
        optimizer = optim.Adam(model.parameters(), lr=1e-2)

        def step(x):
            optimizer.zero_grad()
            loss = (model(x) - 1.0).abs().mean()
            loss.backward()
            optim.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            return loss

        compiled = ag.compile(step)
        compiled.passes = passes
        return compiled

    one, three = build(PASSES), build(UNFLAT)
    x = ag.tensor(np.random.default_rng(0).standard_normal((3, 1, 8, 8)))
    assert [one(x).item() for _ in range(10)] == [three(x).item() for _ in range(10)]
    assert "in groups of 6" in one.explain()


def test_a_rule_that_chooses_what_is_taken_from_parameters_stays():
    def build(passes):
        params = [ag.tensor(np.linspace(-1, 1, n), requires_grad=True) for n in (3, 4, 5)]

        def step():
            for p in params:
                p.grad = None
            sum(((p * p * p).sum() for p in params), ag.tensor(0.0)).backward()
            for p in params:
                g = p.grad.data * 0.5 + 1.0
                p.data -= np.where(g * 3.0 > 1.0, g * g, g) * 0.01
                p.data -= np.where(g * 2.0 > 1.0, g * g, g)

        compiled = ag.compile(step)
        compiled.passes = passes
        return compiled, params

    (one, mine), (three, theirs) = build(PASSES), build(UNFLAT)
    for _ in range(4):
        one()
        three()
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


def test_what_is_taken_from_parameters_lies_in_one_buffer():
    task = Task("adagrad")
    task.run(3)
    source = task.compiled.source
    made = re.search(r"\n    (flat_t\w*) = np.divide\(flat, \w+, out=(b\d+)\)", source)
    assert made
    assert re.search(rf"\n    {made[1]} \*= \w*rate\n", source)
    assert re.search(rf"\n{made[2]}_\d+ = {made[2]}\[\d+:\d+\]", source)


def _large(passes, rule, many=4):
    """A step whose parameters are so large that memory is worth calls."""
    rng = np.random.default_rng(3)
    params = [ag.tensor(rng.standard_normal((60, 50 + i)), requires_grad=True) for i in range(many)]
    x = ag.tensor(rng.standard_normal((8, 60)))
    optimizer = rule(params)

    def step():
        optimizer.zero_grad()
        loss = sum((ag.tanh(x @ p).square().sum() for p in params), ag.tensor(0.0))
        loss.backward()
        optimizer.step()
        return loss

    compiled = ag.compile(step)
    compiled.passes = passes
    return compiled, params


@pytest.mark.parametrize(
    "rule",
    [
        lambda ps: optim.Adagrad(ps, lr=0.1),
        lambda ps: optim.Adagrad(ps, lr=0.1, weight_decay=0.01),
        lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9),
        lambda ps: optim.SGD(ps, lr=0.1),
        lambda ps: optim.Adam(ps, lr=0.1),
        lambda ps: optim.AdamW(ps, lr=0.1),
        lambda ps: optim.RMSprop(ps, lr=0.1, momentum=0.5),
        lambda ps: optim.Adadelta(ps),
    ],
)
def test_large_parts_change_no_bit(rule):
    (one, mine), (other, theirs) = _large(PASSES, rule), _large(UNFLAT, rule)
    for _ in range(5):
        np.testing.assert_array_equal(one().data, other().data)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


class TwoAtOnce(optim.Optimizer):
    """Adagrad that multiplies before it divides: it needs two arrays at once."""

    @staticmethod
    def update(param, grad, state, *, lr):
        total = state.get("sum", 0.0) + grad * grad
        return param - lr * grad / (ag.sqrt(total) + 1.0), {"sum": total}

    elementwise = True

    def __init__(self, params):
        super().__init__(params, {"lr": 0.1})


def test_of_large_parts_what_is_taken_is_computed_over_what_is_no_longer_needed():
    step, params = _large(PASSES, lambda ps: optim.Adagrad(ps, lr=0.1))
    for _ in range(3):
        step()
    update = step.source.split("# update")[1]
    assert update.count("np.multiply(") == update.count("np.divide(") == 1
    assert update.count(" -= ") == len(params)
    assert "handed_back(" in update
    buffers = [v.size for name, v in step.program.buffers if name not in step.program.within]
    assert buffers == [sum(p.data.size for p in params)]


def test_of_large_parts_what_is_taken_is_computed_one_after_the_other():
    step, params = _large(PASSES, TwoAtOnce)
    for _ in range(3):
        step()
    update = step.source.split("# update")[1]
    assert update.count("np.multiply(") == 1 + len(params)  # g² at once, rate·g for each
    assert update.count(" = np.sqrt(") == 1
    first, second = re.findall(r"\n    (\w+) /= ", update)[:2]
    assert update.index(f"-= {first}") < update.index(f"{second} = np.multiply(")
    whole = sum(p.data.size for p in params)
    buffers = [v.size for name, v in step.program.buffers if name not in step.program.within]
    assert sorted(buffers)[-2:] == [max(p.data.size for p in params), whole]


def test_gradients_that_are_returned_are_new_at_each_call():
    rng = np.random.default_rng(3)
    params = [ag.tensor(rng.standard_normal((6, 5 + i)), requires_grad=True) for i in range(5)]
    sums = [ag.zeros(p.shape) for p in params]
    x = ag.tensor(rng.standard_normal((8, 6)))

    @ag.compile
    def step():
        grads = ag.grad(sum(((x @ p).square().sum() for p in params), ag.tensor(0.0)), params)
        with ag.no_grad():
            for p, s, g in zip(params, sums, grads, strict=True):
                s.copy_(s + g * g)
                p.copy_(p - g / (ag.sqrt(s) + 1.0))
        return list(grads)

    found = [step() for _ in range(3)]
    for a, b in zip(found[0], found[2], strict=True):
        assert not np.shares_memory(a.data, b.data)
        assert not np.array_equal(a.data, b.data)
    assert "in groups of 5" in step.explain()
