"""One run of a function as a program, with what it reads and what it leaves behind."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd.compiler.asked import Asked
from autograd.compiler.failing import kept_alive
from autograd.compiler.foreign import Foreign, Unseeded, names_in
from autograd.compiler.idle import Idle, Opened
from autograd.compiler.made import Made, settled
from autograd.compiler.meanwhile import Steady, one_at_a_time
from autograd.compiler.passes.rewriting import uses
from autograd.compiler.places import Slot
from autograd.compiler.program import Instruction, Program
from autograd.compiler.reach import Reach
from autograd.compiler.results import Finish, Outcome
from autograd.compiler.run import Run, Source
from autograd.core.errors import StateError
from autograd.core.node import Handle


class Inputs(NamedTuple):
    """What a traced run has read, and what has to be as it was for its program to hold.

    Attributes:
        sources: where each input of the program comes from.
        touched: the tensors whose memory the run changes.
        graded: the tensors, by identity, whose gradient from before the call matters.
        reach: what the function held before.
    """

    sources: list[Source]
    touched: list[Handle]
    graded: set[int]
    reach: Reach


class Captured(NamedTuple):
    """A traced run.

    Attributes:
        program: what was computed.
        inputs: what it reads.
        outcome: what it gives, and leaves behind.
    """

    program: Program
    inputs: Inputs
    outcome: Outcome


def capture(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    idle: Idle | None = None,
) -> Captured:
    """Run a function once, write down what it computes, and leave everything as it was.

    Args:
        function: what runs.
        args, kwargs: what it is called with.
        idle: places that it holds, and may never look at.

    Raises:
        StateError: the function decides by a value, holds a result with a history, or draws
            numbers that no later run could draw.
    """
    idle, graded = idle or Idle(), set[int]()
    with one_at_a_time:
        while True:
            try:
                captured = _captured(function, args, kwargs, idle, pretend=not graded)
                if not idle.open():
                    captured.inputs.graded.update(graded)
                    return captured
            except _Used as error:
                idle.open()
                graded.update(error.args[0])
            except (Exception, Opened) as error:
                if not idle.open(failed=True):
                    _raise_what_numpy_hides(error)
                    raise


def _raise_what_numpy_hides(error: BaseException) -> None:
    """NumPy puts an error without words in place of the one that says why."""
    if isinstance(error.__cause__, StateError) and "array element" in str(error):
        raise error.__cause__ from None


class _Used(Exception):
    """Gradients that were pretended were used: of these tensors, by identity."""


def _captured(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    idle: Idle,
    pretend: bool,
) -> Captured:
    given, closed = (list(args), dict(kwargs)), idle.closed()
    reach = Reach(function, given, _parameters(function, given), closed=closed)
    with Foreign(function, reach) as foreign, Unseeded(), Run(reach, pretend, idle) as run:
        with Steady() as steady, Made(run.recorder), Asked(run):
            result = function(*given[0], **given[1])
            steady.check()
        run.recorder.check_errors()
        run.recorder.check_handed()
        run.check_outer()
        foreign.check()
        if closed and "type" in names_in(function, reach):  # no stand-in can answer that
            idle.touched |= closed
        finish = Finish(run)
        outcome = finish.outcome(result)
        lines = settled(run.recorder, outcome.outputs)
    program = _program(run, outcome, lines)
    used = uses(program)
    inputs = _inputs(run, program, used)
    _check_carried(finish, reach, {id(s.holder) for s, x in run.inputs if used[x.slot.number]})
    return Captured(program, inputs, outcome)


def _program(run: Run, outcome: Outcome, lines: list[Instruction]) -> Program:
    inputs = [traced.slot for _, traced in run.inputs]
    kept, places = {slot.memory for slot in inputs}, frozenset(outcome.gradients)
    lines = kept_alive(lines, outcome.outputs, kept)
    program = Program(inputs, outcome.outputs, lines, kept, gradients=places)
    program.movable = _movable(run)
    return program


def _inputs(run: Run, program: Program, used: Counter[int]) -> Inputs:
    """What the run has read.

    Raises:
        _Used: gradients that were not there are among it.
    """
    changed = program.written()
    graded = {id(tensor) for tensor, slot in run.gradients if used[slot.number]}
    if any(used[slot.number] for slot in run.pretended):
        raise _Used(graded)
    touched = [s.holder for s, x in run.inputs if s.is_tensor and x.slot.memory in changed]
    return Inputs([source for source, _ in run.inputs], touched, graded, run.reach)


def _movable(run: Run) -> frozenset[int]:
    """The inputs that are arrays in the state of an optimizer."""
    states = {id(x) for optimizer in run.reach.optimizers for x in optimizer.state.values()}
    slots = [(source.holder, traced.slot) for source, traced in run.inputs]
    return frozenset(
        value.number
        for holder, value in slots
        if isinstance(holder, Slot) and id(holder.holder) in states and value.shape
    )


def _check_carried(finish: Finish, reach: Reach, read: set[int]) -> None:
    """Refuse a state that the run has read, and replaces by a result with a history."""
    for slot, before in finish.carried:
        if not read.isdisjoint(before):
            paths = {known.where: known.path for known, _ in reach.slots}
            raise StateError(
                f"After the compiled function {paths.get(slot.where, slot.path)} is a result with "
                "a history, and a later call cannot continue it. Detach what is to be carried "
                "over: state = new.detach()."
            )


def _parameters(function: Callable[..., Any], given: Any) -> tuple[str, ...]:
    """The names of the parameters that positional arguments go to."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return tuple(names[: len(given[0])])
