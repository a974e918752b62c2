"""What a compiled function changes outside of itself: variables, attributes, containers."""

import types
from collections import deque
from dataclasses import dataclass

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.core.trees import tensors_in

RATE = 2.0
BIAS = np.array([1.0, 2.0])
LATEST = ag.tensor([0.0, 0.0])


def vector(*numbers):
    return ag.tensor(list(numbers))


def test_a_variable_of_the_enclosing_function_is_assigned():
    h = vector(1.0)

    @ag.compile
    def step(x):
        nonlocal h
        h = (h * x + 1).detach()
        return h * 2

    for x, wanted in ((2.0, 3.0), (3.0, 10.0), (4.0, 41.0), (1.0, 42.0)):
        assert step(vector(x)).tolist() == [2 * wanted]
        assert h.tolist() == [wanted]


def test_a_global_variable_is_assigned():
    @ag.compile
    def step(x):
        global LATEST
        LATEST = (LATEST + x).detach()

    for count in range(1, 4):
        step(vector(1.0, 2.0))
        assert LATEST.tolist() == [count, 2.0 * count]


def test_a_variable_that_did_not_exist_is_made():
    found = None
    del found

    @ag.compile
    def step(x):
        nonlocal found
        found = (x + 1).detach()

    step(vector(1.0)), step(vector(2.0))
    assert found.tolist() == [3.0]  # noqa: F821


def test_nothing_is_changed_by_the_trace_alone():
    h, count = vector(1.0), 0

    @ag.compile
    def step(x):
        nonlocal h, count
        h, count = (h * x).detach(), count + 1

    before = h
    step.trace(vector(2.0))
    assert h is before
    assert (h.tolist(), count) == ([1.0], 0)
    step(vector(2.0))
    assert (h.tolist(), count) == ([2.0], 1)


def test_a_trace_that_is_refused_leaves_everything_as_it_was():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    y = w * 2
    with pytest.raises(ag.StateError, match="history"):
        ag.compile(lambda: (w * y).sum())()
    assert isinstance(w.data, np.ndarray)
    assert w.tolist() == [1.0, 2.0]


def test_attributes_of_classes_with_slots_are_seen_and_written():
    class State:
        __slots__ = ("h", "scale")

        def __init__(self):
            self.h, self.scale = vector(1.0), 2.0

    state = State()

    @ag.compile
    def step(x):
        state.h = (state.h * x * state.scale).detach()

    step(vector(1.0)), step(vector(1.0))
    state.scale = 10.0
    step(vector(1.0))
    assert state.h.tolist() == [40.0]


def test_attributes_of_a_class_are_seen():
    class Scaled:
        scale, offset, parts = 2.0, vector(1.0), {"more": vector(0.0)}

        @property
        def rate(self):
            return RATE

        def __call__(self, x):
            return x * self.scale * self.rate + self.offset + self.parts["more"]

    scaled = Scaled()
    step = ag.compile(lambda x: scaled(x))
    assert step(vector(1.0)).tolist() == [5.0]
    Scaled.scale = 3.0
    assert step(vector(1.0)).tolist() == [7.0]
    Scaled.offset.data[...] = 2.0
    assert step(vector(1.0)).tolist() == [8.0]
    Scaled.parts["more"] = vector(5.0)
    assert step(vector(1.0)).tolist() == [13.0]


OPTIONS = types.ModuleType("options_of_somebody")
OPTIONS.shift = 0.0


def test_what_a_module_holds_is_seen():
    settings = types.ModuleType("settings_of_somebody")
    settings.scale, settings.bias = 2.0, vector(1.0)
    step = ag.compile(lambda x: x * settings.scale + settings.bias + OPTIONS.shift)
    assert step(vector(1.0)).tolist() == [3.0]
    settings.scale = 3.0
    assert step(vector(1.0)).tolist() == [4.0]
    settings.bias.data[...] = 0.0
    assert step(vector(1.0)).tolist() == [3.0]
    OPTIONS.shift = 1.0
    assert step(vector(1.0)).tolist() == [4.0]


def test_an_array_that_two_functions_read_is_one_input():
    def one(x):
        return x + BIAS

    def two(x):
        return x * BIAS

    step = ag.compile(lambda x: one(x) + two(x))
    assert step(vector(1.0, 1.0)).tolist() == [3.0, 5.0]
    BIAS[0] = 3.0
    try:
        assert step(vector(1.0, 1.0)).tolist() == [7.0, 5.0]
    finally:
        BIAS[0] = 1.0


def test_a_deque_is_a_container():
    memory = deque([vector(1.0), vector(2.0)], maxlen=2)

    @ag.compile
    def step(x):
        memory.append((memory[0] + memory[1] + x).detach())
        return memory[0] * 1

    plain = deque([1.0, 2.0], maxlen=2)
    for x in (1.0, 2.0, 3.0):
        plain.append(sum(plain) + x)
        assert step(vector(x)).tolist() == [plain[0]]
        assert [h.item() for h in memory] == list(plain)
    assert memory.maxlen == 2


def test_attributes_that_are_deleted_are_gone():
    model = nn.Linear(2, 2)
    model.cache = vector(1.0)

    @ag.compile
    def step(x):
        del model.cache
        return x * 2

    step(vector(1.0, 2.0))
    assert not hasattr(model, "cache")


# --- states that are replaced at each call ----------------------------------------------


@dataclass
class Record:
    h: object
    more: list
    step: int = 0


class Holder:
    def __init__(self):
        self.h, self.pair, self.parts = vector(1.0), (vector(1.0), vector(2.0)), [vector(1.0)]
        self.named = {"h": vector(1.0), "t": 0}
        self.record = Record(vector(1.0), [vector(2.0)])


def _attribute(s, x):
    s.h = (s.h * x + 1).detach()
    return s.h


def _tuple(s, x):
    a, b = s.pair
    s.pair = ((a * x + b).detach(), a.detach() * 1)
    return s.pair[0]


def _list(s, x):
    s.parts = [(s.parts[0] * x + 1).detach()]
    return s.parts[0]


def _element(s, x):
    s.parts[0] = (s.parts[0] * x + 1).detach()
    return s.parts[0]


def _dict(s, x):
    s.named = {"h": (s.named["h"] * x + 1).detach(), "t": 0}
    return s.named["h"]


def _entry(s, x):
    s.named["h"] = (s.named["h"] * x + 1).detach()
    return s.named["h"]


def _record(s, x):
    s.record = Record((s.record.h * x + s.record.more[0]).detach(), [s.record.h.detach() * 1])
    return s.record.h


@pytest.mark.parametrize("body", [_attribute, _tuple, _list, _element, _dict, _entry, _record])
def test_a_state_that_is_replaced_at_each_call_is_traced_once(body):
    ours, theirs = Holder(), Holder()
    compiled = ag.compile(lambda x: body(ours, x))
    for x in (2.0, 3.0, 0.5, -1.0):
        assert compiled(vector(x)).tolist() == body(theirs, vector(x)).tolist()
    assert len(compiled.variants) == 1
    assert (ours.h.tolist(), ours.named["h"].tolist()) == (
        theirs.h.tolist(),
        theirs.named["h"].tolist(),
    )


def test_a_state_that_somebody_else_replaces_is_traced_once_more():
    holder = Holder()
    compiled = ag.compile(lambda x: holder.h * x)
    for value in (1.0, 2.0, 3.0, 4.0):
        holder.h = vector(value)
        assert compiled(vector(10.0)).tolist() == [10.0 * value]
    assert len(compiled.variants) == 1
    holder.h = vector(1.0, 2.0)
    assert compiled(vector(10.0)).tolist() == [10.0, 20.0]


def test_two_states_that_become_one_are_not_taken_for_two():
    one, two = vector(1.0), vector(2.0)

    @ag.compile
    def step(x):
        nonlocal one, two
        one, two = (one + x).detach(), (two + one).detach()
        one.mul_(2.0)
        return two * 1

    step(vector(1.0)), step(vector(1.0))
    assert (one.tolist(), two.tolist()) == ([10.0], [7.0])
    one = two
    assert step(vector(1.0)).tolist() == [14.0]
    assert (one.tolist(), two.tolist()) == ([16.0], [14.0])


def test_a_state_that_shares_memory_with_a_parameter_is_not_taken_for_another():
    w, h = ag.tensor([1.0, 2.0], requires_grad=True), vector(1.0, 1.0)

    @ag.compile
    def step(x):
        nonlocal h
        with ag.no_grad():
            w.add_(x)
        h = (h * 2).detach()

    step(vector(1.0, 1.0)), step(vector(1.0, 1.0))
    h = w.detach()
    step(vector(1.0, 1.0))
    assert (w.tolist(), h.tolist()) == ([4.0, 5.0], [8.0, 10.0])


@dataclass
class Carried:
    h: object


@pytest.mark.parametrize("kind", [lambda h: h, lambda h: [h], lambda h: {"h": h}, Carried])
def test_a_state_that_takes_its_history_along_is_refused(kind):
    w, state = ag.tensor([2.0], requires_grad=True), kind(vector(1.0))

    @ag.compile
    def step(x):
        nonlocal state
        h = tensors_in(state)[0] * w * x
        h.sum().backward()
        state = kind(h)

    said = r"state(\.h)? is a result with a history.*new\.detach\(\)"
    with pytest.raises(ag.StateError, match=said):
        step(vector(1.0))
    assert tensors_in(state)[0].tolist() == [1.0]
    assert w.grad is None


def test_a_result_that_is_kept_for_looking_at_it_needs_no_detach():
    w, last = ag.tensor([2.0], requires_grad=True), None

    @ag.compile
    def step(x):
        nonlocal last
        w.grad = None
        last = (w * x).sum()
        last.backward()

    for x in (1.0, 2.0, 3.0):
        step(vector(x))
        assert (last.item(), w.grad.tolist()) == (2.0 * x, [x])
    assert len(step.variants) <= 2


def test_an_lstm_whose_state_is_carried_over_is_traced_once():
    def make():
        ag.manual_seed(1)
        layer = nn.LSTM(2, 3)
        state = (ag.zeros(1, 1, 3), ag.zeros(1, 1, 3))

        def step(x):
            nonlocal state
            out, new = layer(x, state)
            out.sum().backward()
            state = tuple(part.detach() for part in new)
            return out.detach()

        return layer, step

    (one, plain), (two, step) = make(), make()
    compiled = ag.compile(step)
    draw = np.random.default_rng(0)
    for _ in range(4):
        x = ag.tensor(draw.normal(size=(5, 1, 2)))
        np.testing.assert_allclose(compiled(x).data, plain(x).data, rtol=1e-12)
    for p, q in zip(one.parameters(), two.parameters(), strict=True):
        np.testing.assert_allclose(q.grad.data, p.grad.data, rtol=1e-10)
    assert len(compiled.variants) <= 3  # layouts of the first states; gradients from before


@pytest.mark.parametrize("kind", [int, float])
def test_a_number_that_grows_is_named_with_what_to_write(kind):
    count = kind(0)

    @ag.compile(limit=2)
    def step(x):
        nonlocal count
        count += 1
        return x * count

    step(vector(1.0)), step(vector(1.0))
    with pytest.warns(RuntimeWarning, match=r"count was .* and is .*outside, or in a tensor"):
        step(vector(1.0))
    for n in range(4, 12):
        assert step(vector(1.0)).tolist() == [n]


def test_a_list_that_grows_is_named_with_what_to_write():
    found = []

    @ag.compile(limit=2)
    def step(x):
        found.append(x.detach() * 1)

    step(vector(1.0)), step(vector(2.0))
    with pytest.warns(RuntimeWarning, match=r"found had 1 entries and has 2: return what"):
        step(vector(3.0))
    for n in range(4, 12):
        step(vector(float(n)))
    assert [x.item() for x in found] == list(range(1, 12))


def test_a_count_in_a_tensor_is_traced_once():
    count = ag.tensor(0)

    @ag.compile
    def step(x):
        count.add_(1)
        return x * count

    for n in range(1, 5):
        assert step(vector(2.0)).tolist() == [2.0 * n]
    assert (len(step.variants), step.fallbacks) == (1, 0)


def test_an_argument_that_changes_is_named_with_what_to_write():
    @ag.compile(limit=2)
    def cooled(x, tau, *, scale=1.0):
        return x / tau * scale

    x = vector(1.0)
    cooled(x, 1.0), cooled(x, 0.5)
    with pytest.warns(RuntimeWarning, match=r"argument tau was 0\.5 and is 0\.25: .*a tensor"):
        assert cooled(x, 0.25).tolist() == [4.0]
    other = ag.compile(cooled.function, limit=1)
    other(x, x, scale=2)
    with pytest.warns(RuntimeWarning, match=r"argument scale was 2 and is 3: .* a tensor"):
        other(x, x, scale=3)
    third = ag.compile(lambda pair: pair[0] + pair[1], limit=1)
    third((x, x))
    with pytest.warns(
        RuntimeWarning, match=r"argument pair was float64 \(1,\) and is float64 \(2,"
    ):
        third((vector(1.0, 2.0), x))


def test_what_is_written_into_an_array_of_ones_own_is_forgotten_after_the_call():
    def rows(value, index):
        x = ag.zeros(3)
        x[index] = value
        return x

    compiled = ag.compile(rows)
    found = [compiled(ag.tensor(2.0), ag.tensor(row)) for row in range(3)]
    np.testing.assert_array_equal([x.data for x in found], 2 * np.eye(3))
