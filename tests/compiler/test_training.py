"""Compiled training steps: the same numbers as uncompiled, in the same places."""

from __future__ import annotations

import copy
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

import autograd as ag
import nn
import optim

RULES = {
    "sgd": lambda p: optim.SGD(p, lr=0.05),
    "momentum": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "adam": lambda p: optim.Adam(p, lr=1e-2),
    "amsgrad": lambda p: optim.Adam(p, lr=1e-2, amsgrad=True, weight_decay=1e-2),
    "adamw": lambda p: optim.AdamW(p, lr=1e-2),
    "adagrad": lambda p: optim.Adagrad(p, lr=1e-2),
    "rmsprop": lambda p: optim.RMSprop(p, lr=1e-3, momentum=0.5, centered=True),
    "adadelta": lambda p: optim.Adadelta(p),
    "adamax": lambda p: optim.Adamax(p),
    "nadam": lambda p: optim.NAdam(p),
    "lion": lambda p: optim.Lion(p, lr=1e-3),
    "adafactor": lambda p: optim.Adafactor(p, lr=1e-2),
}


def problem(make_optimizer, *middle, seed=0):
    """A model, its optimizer and a training step on any batch."""
    ag.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 8), *middle, nn.Linear(8, 3))
    optimizer = make_optimizer(model.parameters())
    entropy = nn.CrossEntropyLoss()

    def step(x, labels):
        optimizer.zero_grad()
        logits = model(x)
        loss = entropy(logits, labels)
        loss.backward()
        optimizer.step()
        return loss

    return model, optimizer, step


def batches(count):
    rng = np.random.default_rng(1)
    for _ in range(count):
        yield ag.tensor(rng.standard_normal((5, 6))), ag.tensor(rng.integers(0, 3, 5))


def train(step, count):
    return [step(*batch).item() for batch in batches(count)]


def same_state(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_allclose(array, theirs[name], rtol=1e-9, atol=1e-12, err_msg=str(name))


def plain_state(optimizer):
    """Every number of an optimizer's state, by parameter and name."""
    found = optimizer.state_dict()["state"]
    return {(p, n): np.asarray(x) for p, s in found.items() for n, x in s.items()}


@pytest.mark.parametrize("rule", RULES)
def test_a_hundred_steps_with_every_rule(rule):
    one, first, plain = problem(RULES[rule], nn.Tanh())
    two, second, step = problem(RULES[rule], nn.Tanh())
    compiled = ag.compile(step)
    np.testing.assert_allclose(train(compiled, 100), train(plain, 100), rtol=1e-6)
    same_state(
        dict(enumerate(p.data for p in two.parameters())),
        dict(enumerate(p.data for p in one.parameters())),
    )
    same_state(plain_state(second), plain_state(first))
    for p, q in zip(two.parameters(), one.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad.data, rtol=1e-6, atol=1e-12)
    assert second.step_count == 100
    assert compiled.fallbacks == 0
    assert len(compiled.variants) <= 2


def test_steps_of_muon_that_are_counted_by_an_option():
    def make():
        w = ag.tensor(np.linspace(-1.0, 1.0, 12).reshape(4, 3), requires_grad=True)
        optimizer = optim.Muon([w], lr=1e-2)

        def step(x):
            optimizer.zero_grad()
            ag.tanh(x @ w).sum().backward()
            optimizer.step()

        return w, optimizer, step

    (one, first, plain), (two, second, step) = make(), make()
    compiled = ag.compile(step)
    for ns_steps in (5, 5, 5, 3, 3):
        first.param_groups[0]["ns_steps"] = second.param_groups[0]["ns_steps"] = ns_steps
        x = ag.tensor(np.full((2, 4), ns_steps / 10))
        plain(x), compiled(x)
        np.testing.assert_allclose(two.data, one.data, rtol=1e-9)
    assert compiled.fallbacks <= 2


def test_layers_with_buffers_and_dropout_draw_the_same_bits():
    middle = lambda: (nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3))
    one, _, plain = problem(RULES["adam"], *middle())
    two, _, step = problem(RULES["adam"], *middle())
    compiled = ag.compile(step)
    ag.manual_seed(3)
    expected, next_draw = train(plain, 30), ag.generator().random()
    ag.manual_seed(3)
    np.testing.assert_allclose(train(compiled, 30), expected, rtol=1e-9)
    assert ag.generator().random() == next_draw
    for (name, p), (_, q) in zip(two.state_dict().items(), one.state_dict().items(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-9, err_msg=name)


def test_eval_mode_is_another_variant_and_leaves_buffers_alone():
    model, _, _ = problem(RULES["sgd"], nn.BatchNorm1d(8), nn.Dropout(0.5))
    predict = ag.compile(lambda x: model(x))
    x, _ = next(batches(1))
    predict(x)
    before = model[1].running_mean.data.copy()
    model.eval()
    np.testing.assert_array_equal(predict(x).data, model(x).data)
    np.testing.assert_array_equal(model[1].running_mean.data, before)
    assert len(predict.variants) == 2


def test_a_learning_rate_that_changes_needs_no_new_variant():
    _, first, plain = problem(RULES["adam"])
    _, second, step = problem(RULES["adam"])
    compiled = ag.compile(step)
    for index, batch in enumerate(batches(12)):
        for optimizer in (first, second):
            optimizer.param_groups[0]["lr"] = 0.1 / (1 + index)
        assert compiled(*batch).item() == pytest.approx(plain(*batch).item(), rel=1e-12)
    assert len(compiled.variants) == 2


def test_states_that_are_loaded_between_calls_are_used():
    model, optimizer, step = problem(RULES["adam"])
    compiled = ag.compile(step)
    train(compiled, 4)
    weights = {name: ag.tensor(p.data) for name, p in model.state_dict().items()}
    state = copy.deepcopy(optimizer.state_dict())
    expected = train(compiled, 5)
    model.load_state_dict(weights)
    optimizer.load_state_dict(state)
    assert train(compiled, 5) == expected


def test_another_batch_size_is_another_variant():
    _, _, plain = problem(RULES["sgd"])
    _, _, step = problem(RULES["sgd"])
    compiled = ag.compile(step)
    for rows in (5, 3, 5, 3, 5):
        rng = np.random.default_rng(rows)
        batch = ag.tensor(rng.standard_normal((rows, 6))), ag.tensor(rng.integers(0, 3, rows))
        assert compiled(*batch).item() == pytest.approx(plain(*batch).item(), rel=1e-12)
    assert len(compiled.variants) <= 3


def test_frozen_and_shared_parameters():
    def make():
        model, _, _ = problem(RULES["sgd"])
        model[0].bias.requires_grad_(False)
        shared = nn.Linear(8, 8)
        net = nn.Sequential(model[0], shared, nn.Tanh(), shared, model[1])
        optimizer = optim.Adam([p for p in net.parameters() if p.requires_grad], lr=1e-2)

        def step(x, labels):
            optimizer.zero_grad()
            loss = nn.CrossEntropyLoss()(net(x), labels)
            loss.backward()
            optimizer.step()
            return loss

        return net, step

    (one, plain), (two, step) = make(), make()
    frozen = two[0].bias.data.copy()
    np.testing.assert_allclose(train(ag.compile(step), 20), train(plain, 20), rtol=1e-9)
    np.testing.assert_array_equal(two[0].bias.data, frozen)
    assert two[0].bias.grad is None
    for p, q in zip(two.parameters(), one.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-9)


def test_a_gradient_that_was_handed_out_is_not_written_over():
    model, _, step = problem(RULES["adam"])
    compiled = ag.compile(step)
    (first, second, third, fourth) = batches(4)
    compiled(*first), compiled(*second), compiled(*third)
    held = model[0].weight.grad
    before = held.data.copy()
    compiled(*fourth)
    np.testing.assert_array_equal(held.data, before)
    assert model[0].weight.grad is not held


def test_the_memory_of_gradients_is_used_again_unless_somebody_holds_it():
    w = ag.tensor(np.ones((40, 30)), requires_grad=True)

    def step(x):
        w.grad = None
        (w * x).sum().backward()

    compiled = ag.compile(step)
    for factor in (1.0, 2.0, 3.0):
        compiled(ag.tensor(np.full((40, 30), factor)))
        np.testing.assert_array_equal(w.grad.data, factor)
    address = w.grad.data.__array_interface__["data"]
    compiled(ag.tensor(np.full((40, 30), 4.0)))
    assert w.grad.data.__array_interface__["data"] == address
    held, part = w.grad, w.grad.data[3:]
    compiled(ag.tensor(np.full((40, 30), 5.0)))
    np.testing.assert_array_equal(held.data, 4.0)
    del held
    compiled(ag.tensor(np.full((40, 30), 6.0)))
    np.testing.assert_array_equal(part, 4.0)
    np.testing.assert_array_equal(w.grad.data, 6.0)


def test_gradients_add_up_without_zero_grad():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    step = ag.compile(lambda: (x * x).sum().backward())
    for count in (1, 2, 3, 4):
        step()
        np.testing.assert_array_equal(x.grad.data, count * np.array([2.0, 4.0]))


def test_a_bad_label_gets_the_same_error_and_changes_nothing():
    model, optimizer, step = problem(RULES["adam"])
    compiled = ag.compile(step)
    for x, labels in batches(3):
        compiled(x, labels)
    before = [p.data.copy() for p in model.parameters()]
    with pytest.raises(ag.IndexingError, match="out of bounds"):
        compiled(x, ag.tensor(np.array([0, 1, 7, 1, 0])))
    for p, was in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.data, was)
    assert optimizer.step_count == 3


def test_a_bad_index_gets_the_error_of_the_uncompiled_run_and_leaves_what_that_leaves():
    w, count = ag.tensor([1.0, 2.0], requires_grad=True), ag.tensor(0.0)

    def step(index):
        with ag.no_grad():
            count.add_(1.0)
        w[index].sum().backward()

    compiled = ag.compile(step)
    compiled(ag.tensor([0])), compiled(ag.tensor([1]))
    assert (count.item(), w.grad.tolist()) == (2.0, [1.0, 1.0])
    with pytest.raises(ag.IndexingError, match="index 5 is out of bounds") as uncompiled:
        w[ag.tensor([5])]
    count.data[...] = 1.0
    with pytest.raises(ag.IndexingError) as found:
        compiled(ag.tensor([5]))
    assert str(found.value) == str(uncompiled.value)
    assert (count.item(), w.grad.tolist()) == (2.0, [1.0, 1.0])


def test_gradients_of_the_call_before_are_there_after_a_bad_label():
    model = nn.Sequential(nn.Linear(6, 200), nn.ReLU(), nn.Linear(200, 3))
    loss = nn.CrossEntropyLoss()

    def step(x, y):
        found = loss(model(x), y)
        for p in model.parameters():
            p.grad = None
        found.backward()

    compiled = ag.compile(step)
    x, good, bad = ag.tensor(np.ones((4, 6))), ag.tensor([0, 1, 2, 0]), ag.tensor([0, 9, 2, 0])
    for _ in range(3):
        compiled(x, good)
    assert compiled.latest.spares  # their memory is lent to the next call
    before = [p.grad.data.copy() for p in model.parameters()]
    with pytest.raises(ag.IndexingError):
        compiled(x, bad)
    for p, was in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.grad.data, was)


def test_the_source_needs_numpy_alone(tmp_path):
    _, _, step = problem(RULES["adam"], nn.ReLU())
    compiled = ag.compile(step)
    train(compiled, 3)
    file = tmp_path / "written.py"
    check = (
        "\nimport sys\nassert callable(step)\nassert 'autograd' not in sys.modules\nprint('ran')\n"
    )
    file.write_text(compiled.source + check, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(file)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "ran\n"


SECTIONS = "# options", "# forward", "# backward", "# update"


def test_the_source_reads_like_a_lesson():
    _, _, step = problem(RULES["adam"], nn.ReLU())
    compiled = ag.compile(step)
    train(compiled, 2)
    source = compiled.source
    sections = [line.strip() for line in source.splitlines() if line.strip() in SECTIONS]
    assert sections == list(SECTIONS)
    assert "logits = " in source
    assert "loss = " in source
    assert "d_logits" in source
    assert "relu" in source
    for a, b in pairwise(["# forward", "# backward", "# update"]):
        assert source.index(a) < source.index(b)


def test_the_explanation_names_what_was_done():
    _, _, step = problem(RULES["adam"], nn.ReLU())
    compiled = ag.compile(step)
    train(compiled, 2)
    for word in ("dead code", "common sub-expressions", "constants", "in place", "memory"):
        assert word in compiled.explain()


@pytest.mark.parametrize("name", ["Adam", "Adagrad", "RMSprop"])
def test_the_state_of_single_numbers_is_made_of_arrays(name):
    x = ag.tensor(0.5, requires_grad=True)
    optimizer = getattr(optim, name)([x], lr=0.1)

    def step():
        optimizer.zero_grad()
        (x * x).backward()
        optimizer.step()

    ag.compile(step)()
    arrays = [item for key, item in optimizer.state[x].items() if key != "step"]
    assert all(type(item) is np.ndarray for item in arrays)
    step()  # goes on with them


def test_a_single_number_is_numpys():
    x = np.float32(0.5) * np.ones(3, np.float32)
    total = ag.compile(lambda a: a[0] * a[1])(x)
    assert type(total) is np.float32
    number = ag.compile(lambda a: a * a)(np.ones(()) * 0.5)
    assert type(number) is np.float64


def test_a_single_number_keeps_its_dtype():
    chosen = ag.compile(lambda x: ag.where(x > 0, x, 2))
    assert chosen(ag.tensor(-1.0)).dtype == np.float64


def test_a_constant_of_one_number_is_written_as_that():
    def slope(x):
        power = ag.grad((x**True).sum() * ag.tanh(x).sum(), [x])[0]
        return power + ag.exp(x) - ag.ones_like(x) * 3

    x = ag.tensor([0.5], requires_grad=True)
    compiled = ag.compile(slope)
    np.testing.assert_allclose(compiled(x).data, slope(x).data)
    assert " - 3.0" in compiled.source
    assert "c0" not in compiled.source


def _where_positive(x):
    y = x * 1
    y[y > 0] = 2.0
    return y * x


def _from_the_second_on(x):
    y = x * 1
    y[1:] = 5.0
    return y * x


def _copied_where_positive(x):
    y = x.data.copy()
    np.copyto(y, 9.0, where=y > 0)
    return ag.tensor(y) * x


@pytest.mark.parametrize("function", [_where_positive, _from_the_second_on, _copied_where_positive])
def test_what_is_written_to_a_part_may_miss_a_single_number(function):
    compiled = ag.compile(function)
    for number in (1.0, -1.0, 2.0):
        x = ag.tensor([number])
        np.testing.assert_array_equal(compiled(x).data, function(x).data)


def test_a_single_number_in_an_array_keeps_its_dtype():
    chosen = ag.compile(lambda x: ag.where(x > 0, x, 2))
    assert chosen(ag.tensor([[-1.0]])).dtype == np.float64
