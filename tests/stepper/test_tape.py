"""A training on a tape: every step in order, with the numbers of the plain run."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.draw import picture as drawing
from autograd.stepper.passes import Pass

ITERATION = """\
import autograd as ag
import optim

w = ag.tensor(0.5, requires_grad=True, name="w")
optimizer = optim.SGD([w], lr=0.1)
with ag.record() as tape:
    for _ in range(2):
        loss = w * w * 2
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
"""

STEPS = [
    ("forward", None, "w = 0.5"),
    ("forward", 8, "w · w = 0.5 × 0.5 = 0.25"),
    ("forward", 8, "loss = (w · w) · 2 = 0.25 × 2 = 0.5"),
    ("backward", 9, "∂loss/∂loss = 1"),
    ("backward", 8, "∂loss/∂(w · w) += 2 × ∂loss/∂loss = 2.0 × 1.0 = 2.0"),
    ("backward", 8, "∂loss/∂w += w × ∂loss/∂(w · w) = 0.5 × 2.0 = 1.0"),
    ("backward", 8, "∂loss/∂w += w × ∂loss/∂(w · w) = 0.5 × 2.0 = 1.0"),
    ("update", 10, "w ← w − lr · ∂loss/∂w = 0.5 − 0.1 × 2.0 = 0.3"),
    ("update", 11, "∂loss/∂w ← 0"),
    ("forward", None, "w = 0.3"),
    ("forward", 8, "w · w = 0.3 × 0.3 = 0.09"),
    ("forward", 8, "loss = (w · w) · 2 = 0.09 × 2 = 0.18"),
    ("backward", 9, "∂loss/∂loss = 1"),
    ("backward", 8, "∂loss/∂(w · w) += 2 × ∂loss/∂loss = 2.0 × 1.0 = 2.0"),
    ("backward", 8, "∂loss/∂w += w × ∂loss/∂(w · w) = 0.3 × 2.0 = 0.6"),
    ("backward", 8, "∂loss/∂w += w × ∂loss/∂(w · w) = 0.3 × 2.0 = 0.6"),
    ("update", 10, "w ← w − lr · ∂loss/∂w = 0.3 − 0.1 × 1.2 = 0.18"),
    ("update", 11, "∂loss/∂w ← 0"),
]


def leaf(number=0.5, name="w"):
    return ag.tensor(number, requires_grad=True, name=name)


def titles(tape):
    return [step.title for step in tape.steps()]


def updates(tape):
    return [step for step in tape.steps() if step.phase == "update"]


@pytest.fixture
def training(program):
    return program(ITERATION, name="training.py")["tape"]


# --- the whole -----------------------------------------------------------------------------


def test_two_iterations_in_the_order_of_the_program(training):
    steps = training.steps()
    found = [(s.phase, s.line and s.line.line, s.equation.text) for s in steps]
    assert found == STEPS
    assert [s.number for s in steps] == list(range(1, 19))
    assert steps[0].title == "Iteration 1: the inputs"
    assert steps[9].title == "Iteration 2: the inputs"


def test_one_iteration_is_not_counted():
    w = leaf()
    with ag.record() as tape:
        (w * w).backward()
    assert titles(tape)[0] == "The inputs"


def test_an_update_has_a_ledger_a_line_and_a_sentence(training):
    step = training.steps()[7]
    assert str(step.ledger) == "before 0.5 | change -0.2 | now 0.3"
    assert step.source.strip() == "optimizer.step()"
    assert step.title == "Update of w by SGD"
    assert step.sentence == "SGD moves w from 0.5 to 0.3; its gradient is 2.0, so that is downhill."
    assert str(step).startswith("8. Update of w by SGD  [update]\n   training.py, line 10:")


def test_zero_grad_says_what_is_forgotten(training):
    step = training.steps()[8]
    assert step.title == "The gradients are set to zero"
    assert step.sentence == "w had 2.0; the next backward pass starts from zero again."


def test_zero_grad_before_the_backward_pass_belongs_to_it():
    w = leaf()
    optimizer = optim.SGD([w], lr=0.1)
    with ag.record() as tape:
        loss = w * w
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    steps = tape.steps()
    at = [s.title for s in steps].index("The gradients are set to zero")
    assert steps[at].sentence == "No gradient is there yet, so nothing is forgotten."
    assert (steps[at].phase, steps[at + 1].title) == (
        "backward",
        "The backward pass starts at loss",
    )


def test_it_is_a_stepper_like_any_other(training, tmp_path):
    stepper = training.step_through(title="A training")
    assert isinstance(stepper, ag.Stepper)
    assert stepper.steps == training.steps() == list(training)
    assert len(stepper) == len(training) == 18
    assert str(stepper) == str(training)
    text = training.step_through().save(tmp_path / "t.txt").read_text(encoding="utf-8")
    assert text == f"{training}\n"
    page = stepper.save(tmp_path / "t.html").read_text(encoding="utf-8")
    assert "<title>A training</title>" in page
    assert set(training._repr_mimebundle_()) == {"text/html", "text/plain"}
    with pytest.raises(ag.RangeError, match="200 to 5000"):
        training.step_through(height=3)


def test_the_proof_is_that_of_its_own_iteration(training):
    proofs = [s.proof for s in training.steps() if s.proof and s.proof.place == "w"]
    assert [p.gradient for p in proofs] == pytest.approx([2.0, 1.2])
    assert all(p.agrees for p in proofs)


# --- recording changes nothing ---------------------------------------------------------------


def fitted(optimizer, record):
    ag.manual_seed(3)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    chosen = optimizer(model)
    x = np.linspace(-1, 1, 10).reshape(5, 2)

    def run():
        for _ in range(3):
            chosen.zero_grad()
            loss = ((model(x) - 1.0) ** 2).mean()
            loss.backward()
            chosen.step()

    if record:
        with ag.record() as tape:
            run()
        assert tape.steps()
    else:
        run()
    return [(p.data, p.grad.data) for p in model.parameters()]


OPTIMIZERS = {
    "SGD": lambda m: optim.SGD(m, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": lambda m: optim.Adam(m, amsgrad=True),
    "Adafactor": lambda m: optim.Adafactor(m),
    "Rprop": lambda m: optim.Rprop(m),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_recording_changes_no_bit(name):
    plain, recorded = (fitted(OPTIMIZERS[name], record) for record in (False, True))
    for (a, da), (b, db) in zip(plain, recorded, strict=True):
        assert a.tobytes() == b.tobytes()
        assert da.tobytes() == db.tobytes()


def test_the_last_numbers_are_those_of_the_run():
    w, b = leaf([0.5, -1.0]), leaf(0.25, "b")
    optimizer = optim.Adam([w, b], lr=0.1)
    with ag.record() as tape:
        for _ in range(3):
            loss = ((w * [1.0, 2.0]).sum() + b) ** 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    last = {step.title: step.ledger.now.data for step in updates(tape)}
    assert last == {"Update of w by Adam": w.tolist(), "Update of b by Adam": b.tolist()}
    done = {
        s.value: s.ledger.now.data for s in tape.steps() if s.scene == 2 and s.event is not None
    }
    assert w.grad.tolist() in done.values()
    assert b.grad.item() in done.values()


def test_hooks_are_called_once():
    w, calls = leaf(), []
    w.register_hook(lambda g: calls.append(float(g)))
    y = w * w
    y.register_hook(lambda g: calls.append(float(g)))
    with ag.record():
        y.backward()
    assert calls == [1.0, 1.0]


# --- accumulation ------------------------------------------------------------------------------


def test_a_second_backward_adds_to_what_the_first_has_left():
    x = leaf(3.0, "x")
    with ag.record() as tape:
        f = x * x
        f.backward()
        f.backward()
    steps = tape.steps()
    again = steps[titles(tape).index("The backward pass runs again") :]
    assert [str(s.ledger) for s in again[1:]] == [
        "before 0 | this path 1.0 | now 1.0",
        "before 6.0 | this path 3.0 | now 9.0",
        "before 9.0 | this path 3.0 | now 12.0",
    ]
    assert "the 6.0 that was left by an earlier backward pass" in again[2].sentence
    assert again[2].question.before == 6.0
    assert [s.phase for s in steps].count("forward") == 2, "nothing runs forward twice"
    assert x.grad.item() == 12.0


def test_a_forgotten_zero_grad_is_seen_in_the_next_iteration():
    w = leaf()
    with ag.record() as tape:
        for _ in range(2):
            (w * 4.0).backward()
    (first, second) = (s for s in tape.steps() if s.event is not None)
    assert (first.ledger.before, second.ledger.before.data) == (None, 4.0)
    assert second.ledger.now.data == w.grad.item() == 8.0


def test_gradients_from_before_the_block_count():
    w = leaf()
    (w * 4.0).backward()
    with ag.record() as tape:
        (w * 3.0).backward()
    assert tape.steps()[-1].ledger.before.data == 4.0


def test_two_losses_share_what_ran_once():
    x = leaf(2.0, "x")
    with ag.record() as tape:
        s = x * x
        first = s * 3
        second = s + 1
        first.backward()
        second.backward()
    assert titles(tape)[:5] == [
        "The inputs",
        "s = x · x",
        "first = s · 3",
        "On the way to second",
        "second = s + 1",
    ]
    assert tape.steps()[-1].ledger.now.data == x.grad.item() == 16.0
    tape.step_through().html()


# --- detach, changes by hand, changed gradients --------------------------------------------------


def test_detach_is_a_step_where_it_happened():
    w = leaf()
    h = ag.tensor(1.0, name="h")
    with ag.record() as tape:
        for _ in range(2):
            h = ag.tanh(h * w)
            (h * h).backward()
            h = h.detach()
    at = titles(tape).index("h is detached")
    step = tape.steps()[at]
    assert step.equation.text == f"h.detach() = {np.tanh(0.5):.6g}"
    assert step.scene == 0
    assert titles(tape)[at + 1] == "Iteration 2: the inputs"
    assert titles(tape).count("h is detached") == 1, "the second leads nowhere"
    assert [bool(p.trace.detached) for p in tape.step_through().pictures] == [False, True]


def test_detach_inside_a_formula():
    x = leaf(3.0, "x")
    with ag.record() as tape:
        y = x * x
        loss = y.detach() * x + y
        loss.backward()
    assert titles(tape)[1:3] == ["y = x · x", "y is detached"]
    assert x.grad.item() == 15.0


def test_what_is_used_detached_only_has_no_name():
    x = leaf(3.0, "x")
    with ag.record() as tape:
        y = x * x
        (y.detach() * x).backward()
    step = tape.steps()[0]
    assert (step.title, step.value) == ("A value is detached", None)
    tape.step_through().html()


def test_an_update_by_hand_is_recognised(program):
    source = ITERATION.replace("optimizer.step()", "with ag.no_grad(): w -= 0.1 * w.grad")
    steps = updates(program(source, name="hand.py")["tape"])
    assert steps[0].title == "w is changed by hand"
    assert steps[0].equation.text == "w ← w − 0.1 · ∂loss/∂w = 0.5 − 0.1 × 2.0 = 0.3"
    assert steps[0].line.line == 10


def test_an_update_through_data_is_seen_without_its_line():
    w = leaf()
    with ag.record() as tape:
        (w * 2.0).backward()
        w.data -= 0.1 * w.grad.data
        w.grad = None
    moved, forgotten = updates(tape)
    assert moved.equation.text == "w ← w − 0.1 · ∂L/∂w = 0.5 − 0.1 × 2.0 = 0.3"
    assert moved.line is None
    assert forgotten.title == "The gradients are set to zero"


def test_a_change_that_is_no_step_along_the_gradient():
    w = leaf()
    with ag.record() as tape:
        (w * 2.0).backward()
        with ag.no_grad():
            w.fill_(7.0)
    (moved,) = updates(tape)
    assert moved.equation.text == "w ← w + change = 0.5 + 6.5 = 7.0"


def test_clipped_gradients_are_a_step():
    w = leaf([3.0, 4.0])
    optimizer = optim.SGD([w], lr=1.0)
    with ag.record() as tape:
        (w * w).sum().backward()
        optim.clip_grad_norm_([w], 1.0)
        optimizer.step()
    clipped, moved = updates(tape)
    assert clipped.title == "The gradients are changed"
    assert clipped.sentence == "The gradient of w is multiplied by 0.1."
    assert "optim.clip_grad_norm_" in clipped.source
    assert moved.equation.text.startswith("w[1] ← w[1] − lr · ∂L/∂(w[1]) = 4.0 − 1.0 × 0.8")


def test_a_gradient_that_a_hook_has_changed():
    w = leaf(3.0)
    w.register_hook(lambda g: g * 2)
    with ag.record() as tape:
        (w * w).backward()
    assert tape.steps()[-1].sentence == "The gradient of w is multiplied by 2.0."
    assert tape.steps()[-2].ledger.now.data == 6.0
    assert w.grad.item() == 12.0


def test_an_optimizer_inside_the_backward_pass():
    w, v = leaf(3.0, "w"), leaf(2.0, "v")
    optimizer = optim.SGD([w], lr=0.1)

    def now(_):
        optimizer.step()
        optimizer.zero_grad()

    w.register_post_accumulate_grad_hook(now)
    with ag.record() as tape:
        (w * v).backward()
    assert [s.title for s in updates(tape)] == [
        "Update of w by SGD",
        "The gradients are set to zero",
    ]
    assert w.item() == pytest.approx(2.8)


def test_gradients_that_are_filled_with_zeros():
    w = leaf()
    optimizer = optim.SGD([w], lr=0.1)
    with ag.record() as tape:
        (w * 2.0).backward()
        optimizer.zero_grad(set_to_none=False)
    assert titles(tape)[-1] == "The gradients are set to zero"


# --- the block ---------------------------------------------------------------------------------


def test_an_empty_tape_teaches():
    with ag.record() as tape:
        ag.tensor(1.0) * 2
    for look in (tape.steps, tape.step_through, lambda: str(tape), lambda: list(tape)):
        with pytest.raises(ag.StateError, match=r"loss\.backward\(\)\n +optimizer\.step\(\)"):
            look()
    assert repr(tape) == "<Tape: 0 backward passes; tape.step_through() shows every step>"
    assert set(tape._repr_mimebundle_()) == {"text/plain"}


def test_an_exception_leaves_a_tape_that_says_so():
    tapes = []

    def stopped():
        with ag.record() as tape:
            tapes.append(tape)
            (leaf() * 2.0).backward()
            raise ValueError("oops\nmore")

    with pytest.raises(ValueError, match="oops"):
        stopped()
    (tape,) = tapes
    assert tape.steps()[-1].sentence.endswith("Then the block was stopped by ValueError: oops.")
    tape.step_through().html()


def test_an_exception_before_anything_is_named():
    tape = ag.Tape()
    tape.end(KeyError())
    with pytest.raises(ag.StateError, match="stopped by KeyError"):
        tape.steps()


def test_a_backward_pass_that_fails_is_not_on_the_tape():
    a = leaf([1.0], "a")
    with ag.record() as tape:
        y = a * 1
        z = (y * y).sum()
        y.add_(1.0)
        with pytest.raises(ag.InPlaceError):
            z.backward()
        (a * 2).sum().backward()
    assert len([s for s in tape.steps() if s.title.startswith("The backward pass starts")]) == 1


def test_a_tape_can_be_read_inside_its_block():
    w = leaf()
    with ag.record() as tape:
        (w * 2.0).backward()
        before = len(tape)
        (w * 3.0).backward()
        assert len(tape) > before


def test_the_innermost_tape_takes_notes():
    x = leaf(2.0, "x")
    with ag.record() as outer:
        (x * 2).backward()
        with ag.record() as inner:
            (x * 3).backward()
    assert [sum(isinstance(e, Pass) for e in tape.log) for tape in (outer, inner)] == [1, 1]
    assert inner.steps()[-1].ledger.before.data == 2.0


def test_another_thread_is_not_on_the_tape():
    x = leaf(2.0, "x")
    with ag.record() as tape:
        (x * 2).backward()
        thread = threading.Thread(target=lambda: (leaf(1.0, "other") * 7).backward())
        thread.start()
        thread.join()
    assert sum(isinstance(entry, Pass) for entry in tape.log) == 1


def test_tasks_have_tapes_of_their_own():
    async def train(number):
        w = leaf(number)
        with ag.record() as tape:
            await asyncio.sleep(0)
            (w * w).backward()
            await asyncio.sleep(0)
        return tape

    async def both():
        return await asyncio.gather(train(1.0), train(2.0))

    found = [
        [s.ledger.now.data for s in tape if s.event is not None] for tape in asyncio.run(both())
    ]
    assert found == [[1.0, 2.0], [2.0, 4.0]]


def test_record_decorates_as_before():
    x = leaf(2.0, "x")

    @ag.record()
    def function():
        return (ag.tensor(1.0) * 2).node

    @ag.record()
    def generator():
        yield (ag.tensor(1.0) * 2).node
        yield ag.current_tape()

    assert function() is not None
    node, tape = generator()
    assert node is not None
    assert isinstance(tape, ag.Tape)
    assert ag.current_tape() is None
    (x * x).backward()


def test_no_tape_outside():
    assert ag.current_tape() is None
    with ag.record() as tape, ag.no_grad():
        assert ag.current_tape() is tape
    assert ag.current_tape() is None


def test_a_tape_ties_no_knots():
    def run():
        w = leaf(np.ones(4))
        with ag.record() as tape:
            loss = (w * w).sum()
            loss.backward()
        return [weakref.ref(thing) for thing in (loss.node, tape, w)]

    gc.disable()
    try:
        assert [thing() for thing in run()] == [None, None, None]
    finally:
        gc.enable()


def test_what_is_too_large_is_left_out_and_said(monkeypatch):
    from autograd.stepper import recording

    monkeypatch.setattr(recording, "OPERATIONS", 3)
    w = leaf()
    with ag.record() as tape:
        (w * 2.0).backward()
        (w * 2.0 * 2.0 * 2.0).backward()
    assert "1 further backward pass was too large" in tape.steps()[-1].sentence
    with ag.record() as tape:
        (w * 2.0 * 2.0 * 2.0 * 2.0).backward()
    with pytest.raises(ag.RangeError, match="Record a smaller run"):
        tape.steps()


def test_nan_is_no_change():
    w = leaf(float("nan"))
    with ag.record() as tape:
        (w * 2.0).backward()
        (w * 2.0).backward()
    assert not updates(tape)


def test_a_leaf_may_be_its_own_result():
    with ag.record() as tape:
        leaf(2.0, "x").backward()
    assert titles(tape) == ["The inputs", "The backward pass starts at x"]
    tape.step_through().html()


def test_iterations_that_look_alike_are_laid_out_once(training, monkeypatch):
    asked = []
    first = drawing.lay_out
    monkeypatch.setattr(drawing, "lay_out", lambda view: asked.append(view) or first(view))
    training.step_through().html()
    assert len(asked) == 1
