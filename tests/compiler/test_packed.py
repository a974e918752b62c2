"""A program that is packed is the same when it is opened, and takes little memory meanwhile."""

import gc
import re

import numpy as np

import autograd as ag
import nn
import optim
from autograd.compiler.emit import Writer
from autograd.compiler.packed import Packed
from autograd.compiler.program import Instruction, Program
from autograd.compiler.recorder import Recorder
from autograd.compiler.traced import Traced

PARTS = (Program, Writer, Instruction)


def training_step():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(40, 30), nn.Tanh(), nn.Linear(30, 40))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    x = ag.tensor(rng.normal(size=(8, 40)))

    def step():
        optimizer.zero_grad()
        loss = ((model(x) - x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return ag.compile(step)


def test_an_opened_program_is_written_as_before():
    step = training_step()
    step(), step()
    program, writer, *_ = step.latest._written.open()
    assert writer.program is program
    body = [text for text, _ in writer._body()]
    assert body == step.source.splitlines()[-len(body) :]
    assert [line.note.where[0] for line in program.instructions if line.note.where]


def test_a_value_is_one_object_wherever_it_is_used():
    program, *_ = training_step().trace()._written.open()
    made = {value.number: value for value in program.inputs}
    for line in program.instructions:
        assert all(made.setdefault(value.number, value) is value for value in line.inputs)
        made |= {value.number: value for value in line.outs}
    assert len(made) > 20


def test_what_lives_outside_stays_itself():
    array, kept = np.ones(3), [1, 2]
    kept.append(kept)
    line = Instruction("call", "np.exp", (array, {"a": slice(0, 2)}), {}, (), run=np.exp)
    opened, loop, same = Packed((line, kept, line)).open()
    assert opened is same
    assert opened is not line
    assert opened.args[0] is array
    assert opened.run is np.exp
    assert opened.args[1] == {"a": slice(0, 2)}
    assert loop[2] is loop


def test_a_program_is_the_same_while_somebody_holds_it():
    step = training_step()
    step()
    program = step.program
    assert step.program is program
    done = [remark for remark in program.remarks if re.search(r"[1-9]\d* of \d+ removed", remark)]
    assert done
    assert all(remark in step.explain() for remark in done)


def test_no_program_is_held_after_the_first_call():
    gc.collect()
    before = sum(issubclass(type(item), PARTS) for item in gc.get_objects())
    step = training_step()
    step(), step()
    gc.collect()
    assert sum(issubclass(type(item), PARTS) for item in gc.get_objects()) == before

    assert len(step.program.instructions) > 20


def test_nothing_of_the_traced_run_stays():
    w, x = ag.tensor([[1.0, 2.0]], requires_grad=True), ag.tensor([[3.0], [4.0]])

    @ag.compile
    def step():
        w.grad = None
        h = ag.tanh(w @ x)
        loss = h.sum()
        loss.backward()
        return {"loss": loss.detach(), "h": [h.detach(), h.detach()], "w": w, "g": w.grad}

    gc.collect()
    before = sum(type(item) in (Recorder, Traced) for item in gc.get_objects())
    step()
    gc.collect()
    assert sum(type(item) in (Recorder, Traced) for item in gc.get_objects()) == before


def test_one_that_is_too_large_to_be_drawn_is_not_packed(monkeypatch):
    monkeypatch.setattr("autograd.compiler.variant.OPERATIONS", 0)
    step = training_step()
    step()
    line = step.program.instructions[0]
    assert step.program.instructions[0] is line
