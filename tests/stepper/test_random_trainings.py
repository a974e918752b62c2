"""Random trainings: what a tape tells is gapless, and ends where the run ended."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

import autograd as ag
import optim
from autograd.draw import wording
from autograd.draw.trace import numbers

ACTS = ("forward", "backward", "again", "step", "zero", "fill", "hand", "data", "clip", "detach")
programs = st.lists(st.sampled_from(ACTS), min_size=1, max_size=14)
OPTIMIZERS = (
    lambda ws: optim.SGD(ws, lr=0.1, momentum=0.5),
    lambda ws: optim.Adam(ws, lr=0.1),
    lambda ws: optim.Rprop(ws),
)


def train(acts, seed, record):
    """Carry out some acts on two parameters; gives back these and the tape."""
    rng = np.random.default_rng(seed)
    v = ag.tensor(rng.normal(size=()), requires_grad=True, name="v")
    w = ag.tensor(rng.normal(size=2), requires_grad=True, name="w")
    optimizer = OPTIMIZERS[seed % len(OPTIMIZERS)]([v, w])
    state = {"h": ag.tensor(1.0, name="h")}

    def act(name):
        match name:
            case "forward":
                state["loss"] = (state["h"] * v * w).sum() + v * v
            case "backward":
                ((w * v).sum() * state["h"]).backward()
            case "again" if "loss" in state:
                state["loss"].backward()
                state.pop("loss")
            case "step":
                optimizer.step()
                state.pop("loss", None)
            case "zero":
                optimizer.zero_grad()
            case "fill":
                optimizer.zero_grad(set_to_none=False)
            case "hand" if v.grad is not None:
                with ag.no_grad():
                    v.sub_(0.1 * v.grad)
                state.pop("loss", None)
            case "data":
                w.data *= 0.5
                state.pop("loss", None)
            case "clip" if v.grad is not None:
                optim.clip_grad_norm_([v, w], 0.5)
            case "detach":
                state["h"] = (state["h"] * v).detach()

    if not record:
        for name in acts:
            act(name)
        return v, w, None
    with ag.record() as tape:
        for name in acts:
            act(name)
    return v, w, tape


def bits(tensor):
    gradient = None if tensor.grad is None else tensor.grad.data.tobytes()
    return tensor.data.tobytes(), gradient


@settings(max_examples=60, deadline=None)
@given(programs, st.integers(0, 1000))
def test_recording_changes_nothing(acts, seed):
    with np.errstate(all="ignore"):
        plain, recorded = train(acts, seed, False), train(acts, seed, True)
    assert [bits(x) for x in plain[:2]] == [bits(x) for x in recorded[:2]]


@settings(max_examples=80, deadline=None)
@given(programs, st.integers(0, 1000))
def test_what_is_told_has_no_gaps(acts, seed):
    with np.errstate(all="ignore"):
        v, w, tape = train(["backward", *acts], seed, True)
    pictures = tape.step_through().pictures
    values, gradients = {}, {}
    for step in tape.steps():
        trace = pictures[step.scene].trace
        if step.event is not None and trace.values[step.value].name in "vw":
            name = trace.values[step.value].name
            assert line("grad", step.ledger.before) == gradients.get(name, "grad —")
            gradients[name] = line("grad", step.ledger.now)
        elif step.title.startswith(("Update", "v is", "w is")):
            name = trace.values[step.value].name
            assert values.setdefault(name, step.ledger.before) == step.ledger.before
            values[name] = step.ledger.now
        elif step.title.startswith("The gradients"):
            for place, _, now in step.writes:
                gradients[trace.values[place].name] = now
        for place, _, now in step.writes:  # what the graph shows is what there is
            name = trace.values[place].name
            if now.startswith("grad"):
                assert now == gradients.get(name, "grad —")
            elif name in values:
                assert now == f"val  {wording.value(values[name])}"
    for tensor in (v, w):
        assert gradients.get(tensor.name, "grad —") == line("grad", numbers_of(tensor.grad))
        assert tensor.name not in values or values[tensor.name].data == tensor.data.tolist()


@settings(max_examples=40, deadline=None)
@given(programs, st.integers(0, 1000))
def test_boxes_end_with_what_is_there(acts, seed):
    """The lines that the page writes, replayed: one after the other, and up to the end."""
    with np.errstate(all="ignore"):
        v, w, tape = train([*acts, "backward"], seed, True)
    stepper = tape.step_through()
    lines = {}
    for step in stepper:
        trace = stepper.pictures[step.scene].trace
        writes = list(step.writes)
        if step.event is not None:
            before, now = step.ledger.before, step.ledger.now
            writes.append((step.value, line("grad", before), line("grad", now)))
        for place, before, now in writes:
            name, kind = trace.values[place].name, now[:4]
            key = step.scene, name, kind
            assert lines.get(key, before) == before, f"{step}"
            lines[key] = now
    last = len(stepper.pictures) - 1
    for tensor in (v, w):
        told = lines.get((last, tensor.name, "grad"))
        assert told in (None, line("grad", numbers_of(tensor.grad)))


def line(kind, known):
    return f"{kind} {wording.gradient(known)}"


def numbers_of(tensor):
    return None if tensor is None else numbers(tensor.data)
