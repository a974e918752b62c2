"""What a function holds and never looks at may change; what it looks at is seen."""

import contextlib
import copy
import gc
import threading
import warnings
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.compiler.idle import Closed, Opened


def vector(*numbers):
    return ag.tensor(list(numbers))


class Training:
    """A model, its optimizer, and what people keep beside them."""

    def __init__(self, wrap=lambda step: step):
        ag.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
        self.schedule = optim.lr_scheduler.StepLR(self.optimizer, 2, 0.5)
        self.epoch, self.best, self.status = 0, float("inf"), "begun"
        self.losses, self.scores = [], {"train": 0.0}
        self.step = wrap(self.learn)

    def learn(self, x):
        self.optimizer.zero_grad()
        loss = (self.model(x) ** 2).mean()
        loss.backward()
        self.optimizer.step()
        return loss

    def fit(self, epochs=12):
        rng = np.random.default_rng(0)
        for epoch in range(epochs):
            loss = self.step(ag.tensor(rng.normal(size=(5, 3)))).item()
            self.losses.append(loss)
            self.epoch, self.best = epoch + 1, min(self.best, loss)
            self.scores["train"], self.scores[epoch] = loss, loss
            self.status = f"{epoch} done"
            self.schedule.step()
        return self.losses


def test_a_class_that_trains_is_traced_once_more_and_then_no_more():
    compiled = Training(ag.compile)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = compiled.fit()
    assert found == pytest.approx(Training().fit(), rel=1e-10)
    assert len(compiled.step.variants) == 1
    assert compiled.step.fallbacks == 0


class Lightning(nn.Module):
    """A module that keeps its own books."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
        self.epoch, self.best, self.losses = 0, 1e9, []

    def forward(self, x):
        return self.net(x)


def test_a_module_may_keep_its_own_books():
    ag.manual_seed(0)
    module = Lightning()
    optimizer = optim.Adam(module.parameters(), lr=0.01)

    @ag.compile(limit=3)
    def step(x):
        optimizer.zero_grad()
        loss = (module(x) ** 2).mean()
        loss.backward()
        optim.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        return loss

    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(10):
            module.losses.append(step(ag.tensor(rng.normal(size=(5, 3)))).item())
            module.epoch, module.best = module.epoch + 1, min(module.losses)
    assert len(step.variants) == 1


def test_train_and_eval_have_a_variant_each():
    training = Training(lambda step: step)
    step = ag.compile(lambda x: training.model(x).sum())
    for epoch in range(20):
        training.model.train(epoch % 2 == 0)
        training.epoch = epoch
        training.losses.append(epoch)
        x = vector(1.0, float(epoch), 3.0)
        assert step(x).item() == pytest.approx(training.model(x).sum().item(), rel=1e-12)
    assert len(step.variants) == 2


def test_a_schedule_that_is_stepped_inside_is_warned_of_with_what_to_write():
    plain, training = Training(), Training()

    @ag.compile(limit=2)
    def step(x):
        loss = training.learn(x)
        training.schedule.step()
        return loss

    def both():
        found, wanted = step(x), plain.learn(x)
        plain.schedule.step()
        assert found.item() == pytest.approx(wanted.item(), rel=1e-12)

    x, said = vector(1.0, 2.0, 3.0), r"a schedule goes on inside; .*after the compiled function"
    both(), both()
    with pytest.warns(RuntimeWarning, match=rf"schedule\.\S+ was .* and is .*: {said}"):
        both()
    both(), both()


# --- whoever looks, sees -----------------------------------------------------------------


@dataclass
class Box:
    n: int = 0
    rate: float = 1.0
    name: str = "a"
    notes: list = field(default_factory=list)
    table: dict = field(default_factory=dict)
    seen: set = field(default_factory=set)
    shape: tuple = ()
    other: object = None


def _reset(box, x):
    box.n = 0
    return x * 2


def _branch(box, x):
    return x * 2 if box.n > 3 else x * 3


def _seldom(box, x):
    return x * box.rate if box.name == "d" else x


def _caught(box, x):
    try:
        return x * (1.0 + box.n)
    except Exception:
        return x - 100.0


def _caught_altogether(box, x):
    with contextlib.suppress(BaseException):
        return x * (1.0 + box.n)
    return x - 100.0


def _handed_on(box, x):
    box.other = box.n
    return x * 2


def _kept_in_a_tuple(box, x):
    box.other = (box.n, [box.rate])
    return x * 2


def _new_table(box, x):
    box.table = {"sum": x.sum().detach(), "n": 1}
    return x * 2


def _copied(box, x):
    return x * copy.copy(box).n


def _asked_for_its_kind(box, x):
    return x * 2 if isinstance(box.other, float) else x


def _named(box, x):
    return x * len(f"{box.name}{box.n}")


def _in_a_text(box, x):
    return x * ("abcd".index(box.name) + 1)


def _matched_as_a_list(box, x):
    match box.notes:
        case [first, *_]:
            return x * first
        case _:
            return x - 100.0


def _matched_as_a_dict(box, x):
    match box.table:
        case {"k": k}:
            return x * k
        case _:
            return x - 100.0


def _asked_for_its_type(box, x):
    return x * 2 if type(box.n) is int else x * 3


USES = [
    lambda box, x: x * 2,
    lambda box, x: x * box.n,
    lambda box, x: x * box.rate,
    lambda box, x: x.data * box.rate,
    lambda box, x: x + len(box.notes),
    lambda box, x: x + sum(box.notes),
    lambda box, x: x + box.table.get("k", 0),
    lambda box, x: (x, box.n),
    lambda box, x: {"x": x, "box": Box(box.n)},
    lambda box, x: (x, vars(box)["rate"]),
    lambda box, x: x * len(box.seen),
    lambda box, x: x if 3 in box.seen else -x,
    lambda box, x: x * box.shape[0] if box.shape else x,
    lambda box, x: (x, box.seen | {-1}, (*box.shape, 1)),
    lambda box, x: (x, Box(other=(box.n, [box.table]))),
    lambda box, x: (x, deque([box.rate, box.name])),
    lambda box, x: x * 2 if isinstance(box.rate, float) and isinstance(box.notes, list) else x,
    lambda box, x: x * box.n if isinstance(box.n, int) else x,
    lambda box, x: x if box.other is None else x * 2,
    lambda box, x: ag.full((2,), box.rate) * x,
    lambda box, x: x * np.cos(box.rate) * np.float64(box.n),
    lambda box, x: x[: box.n % 2 + 1],
    _reset,
    _branch,
    _seldom,
    _caught,
    _caught_altogether,
    _handed_on,
    _kept_in_a_tuple,
    _new_table,
    _copied,
    _asked_for_its_kind,
    _asked_for_its_type,
    _matched_as_a_list,
    _matched_as_a_dict,
    _named,
    _in_a_text,
]


def change(box, call):
    """What happens between two calls."""
    box.n += 1
    box.rate *= 1.5
    box.name = "abcd"[call % 4]
    box.notes.append(call)
    box.table["k"] = call
    box.seen.add(call)
    box.shape = (call, 2)
    if call in (3, 5):
        box.other = None if box.other is not None else call / 2
    if call == 6:
        box.notes, box.table = [5.0], {}


def told(item):
    if isinstance(item, ag.Tensor):
        return item.tolist()
    if isinstance(item, np.ndarray):
        return item.tolist()
    if isinstance(item, Box):
        return told(vars(item))
    if isinstance(item, (list, tuple, deque)):
        return [told(part) for part in item]
    if isinstance(item, set):
        return sorted(item)
    return {key: told(part) for key, part in item.items()} if isinstance(item, dict) else item


def run(use, wrap):
    box, found = Box(), []
    step = wrap(lambda x: use(box, x))
    for call in range(9):
        found.append((told(step(vector(1.0 + call, 2.0))), told(box)))
        change(box, call)
    return found, step


@pytest.mark.parametrize("use", USES)
def test_it_is_as_in_the_uncompiled_run(use):
    wanted, _ = run(use, lambda step: step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, step = run(use, lambda step: ag.compile(step, limit=20))
    assert found == wanted
    assert step.fallbacks == 0
    assert not any(
        issubclass(type(part), Closed) for part in vars(step.function.__closure__[0].cell_contents)
    )


def test_only_what_is_looked_at_makes_a_variant():
    counts = {}
    for use in (USES[0], _reset, USES[1]):
        _, step = run(use, lambda step: ag.compile(step, limit=20))
        counts[use] = len(step.variants)
    assert (counts[USES[0]], counts[_reset]) == (2, 2)  # other is None, then a number
    assert counts[USES[1]] > 3


def test_an_error_of_the_function_does_not_open_what_nobody_looks_at():
    box = Box()
    step = ag.compile(lambda x: x * ag.tensor([2.0, 3.0]) if box is not None else x)
    for call in range(12):
        if call % 4 == 3:
            with pytest.raises(ag.ShapeError):
                step(vector(1.0, 2.0, 3.0))
        assert step(vector(1.0, 2.0)).tolist() == [2.0, 6.0]
        box.n += 1
    assert len(step.variants) == 1


def test_a_closed_place_can_be_asked_nothing():
    touched = set()
    for ask in (
        *(lambda x: x + 1, lambda x: 1 * x, bool, str, list, len, hash, float, int, repr),
        *(lambda x: x == 1, lambda x: x < 2.0, lambda x: 1 in x),
        *(lambda x: np.ones(2) * x, np.asarray, np.zeros, lambda x: f"{x:.2f}", copy.copy),
        *(lambda x: x.append, lambda x: x[0], lambda x: setattr(x, "a", 1), lambda x: -x),
    ):
        touched.clear()
        with pytest.raises(Opened):
            ask(Closed(3, (1, "place"), touched))
        assert touched == {(1, "place")}


def test_another_thread_sees_what_is_there():
    box, found = Box(), []

    def watch():
        found.append((box.n + 1, f"{box.rate:.1f}", 2 * box.n, box.name.upper(), len(box.notes)))

    def slow(x):
        thread = threading.Thread(target=watch)
        thread.start()
        thread.join()
        return x * 2

    step = ag.compile(slow)
    for call in range(3):
        step(vector(1.0, 2.0))
        box.n, box.rate, box.name = 5 + call, 2.5, "b"
        box.notes.append(1)
    assert found == [(1, "1.0", 0, "A", 0), (6, "2.5", 10, "B", 1)]  # in the two traces
    assert len(step.variants) == 1


def test_bookkeeping_does_not_keep_what_a_run_saw():
    box = Box()
    step = ag.compile(lambda x: x * 2 if box is not None else x)
    for call in range(3):
        step(vector(1.0, 2.0))
        change(box, call)
    gc.collect()
    assert not [item for item in gc.get_objects() if type(item) is Closed]
