"""One traced run of a function, compiled: for calls that are like the one it was traced from."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from itertools import chain, compress
from operator import itemgetter
from sys import getrefcount
from typing import Any
from weakref import ref

import numpy as np

from autograd.compiler.assumed import Assumed
from autograd.compiler.capture import Captured, Inputs
from autograd.compiler.delivery import Delivery
from autograd.compiler.drawing import ProgramPicture, Written, draw
from autograd.compiler.emit import Writer
from autograd.compiler.failing import errors_of, may_fail
from autograd.compiler.homes import Lent, memory_of
from autograd.compiler.packed import Packed
from autograd.compiler.passes.rewriting import uses
from autograd.compiler.places import ALONE, Slot
from autograd.compiler.program import Instruction, Program, Value, values_in
from autograd.compiler.reach import labels_of
from autograd.compiler.results import Outcome
from autograd.compiler.run import Source
from autograd.compiler.shared_buffers import Buffers
from autograd.compiler.signature import form, leaves_in, made_of, meeting, pattern
from autograd.core.node import Handle, all_changed, wrap
from autograd.draw.scale import OPERATIONS


class _Never(Exception):
    """What code without assumptions raises."""


class Variant:
    """One traced run, compiled: for calls that are like the one it was traced from.

    Args:
        captured: the run, with its program as it is to be written.
        args: what the function was called with.
        held: the tensors that it holds itself.
        states: the places that hold another array or tensor at each call.
        names: what the code is called, and the first line of its source.
        buffers: memory that other variants have.

    Attributes:
        remarks: what each pass did, a sentence each.
    """

    def __init__(
        self,
        captured: Captured,
        args: Any,
        held: list[Handle],
        states: list[Slot],
        names: tuple[str, str],
        buffers: Buffers,
    ) -> None:
        program, self.remarks = captured.program, captured.program.remarks
        args = self._keep_call(args, held, states)
        inside = insides(args)
        inputs = _used(program, captured.inputs.sources)
        writer = self._write(program, *names)
        self._keep_assumptions(captured.inputs, inside)
        self._keep_ends(captured.outcome, inside)
        self._keep_touched(captured.inputs.touched, inside)
        self._keep_memory(program, inputs, captured.outcome.gradients, inside)
        self.filled, self.begun = [writer.filled[name] for name in program.spares], writer.begun
        self._keep_sources(inputs)
        buffers.share(program, self.run, self.flats)
        self._program: Callable[[], Program | None] = lambda: None
        self._written = _written(writer, inputs, captured.outcome.results)

    # --- what is kept of the traced run ----------------------------------------------------

    def _keep_call(self, args: Any, held: list[Handle], states: list[Slot]) -> Any:
        """What a call must be like; gives the arguments and the contents of the states."""
        self.held, self.states = held, states
        contents = [slot.get() for slot in states]
        args = [*args, *contents]
        self.leaves, self.parts = leaves_in(args), made_of(args)
        self.state_form = form(contents, [])
        return args

    def _write(self, program: Program, name: str, about: str) -> Writer:
        """Write the source, and make a function of it."""
        writer = Writer(program, name, about)
        source = writer.source()
        self.given = writer.arrays()
        space: dict[str, Any] = {}
        exec(builtins.compile(source, f"<compiled {name}>", "exec"), space)
        self._source, self.run = Packed(source), space[name]
        self.stop = errors_of(program.instructions)
        self.changed: type[Exception] = space.get("Changed", _Never)
        self.expected = (self.changed, *self.stop)
        return writer

    def _keep_assumptions(self, inputs: Inputs, inside: set[int]) -> None:
        """What must be as it was for the code to hold."""
        moving, self.reach = {slot.where for slot in self.states}, inputs.reach
        self.assumed = Assumed(inputs.reach, inside, inputs.graded, moving)
        self.bare = [
            (at, leaf.accumulated is None)
            for at, leaf in enumerate(self.leaves)
            if id(leaf) in inputs.graded
        ]
        self.graded = [tensor for tensor in self.held if id(tensor) in inputs.graded]
        states = {id(x) for optimizer in inputs.reach.optimizers for x in optimizer.state.values()}
        other = states | inside  # those of states move, others are given
        fixed = inputs.reach.fixed & inside  # a list for each stands for its place
        slots = [slot for slot in inputs.reach.arrays if id(slot.holder) not in other]
        self.places = [slot for slot in slots if id(slot.get()) not in fixed]
        self.lying = self._lying(self.leaves)

    def _keep_ends(self, outcome: Outcome, inside: set[int]) -> None:
        """What the function returns and leaves behind."""
        self.result, self.returned = outcome.result, tuple(reversed(outcome.returned))
        self.deliver = Delivery(outcome.writes, inside, self._mine)
        holders = [getattr(write.target, "holder", None) for write in outcome.writes]
        self.moves = any(id(item) in inside for item in (*holders, *self.returned))

    def _keep_touched(self, touched: list[Handle], inside: set[int]) -> None:
        """The tensors whose memory is changed."""
        self.touched = [tensor for tensor in touched if id(tensor) not in inside]
        self.touched_arguments = [tensor for tensor in touched if id(tensor) in inside]

    def _keep_memory(
        self,
        program: Program,
        inputs: list[Source],
        gradients: dict[int, Handle],
        inside: set[int],
    ) -> None:
        """What is changed, and the memory for it that outlives a run."""
        self.exposed = _exposed(program)
        numbers = [value.number for value in program.inputs]
        sources = dict(zip(numbers, inputs, strict=True))
        self.flats = memory_of(program, sources, gradients, self._mine, inside)
        self.spares = [gradients[at] for at in program.spares.values()]

    def _keep_sources(self, inputs: list[Source]) -> None:
        """How to fetch each input."""
        places = {id(leaf): at for at, leaf in reversed(list(enumerate(self.leaves)))}
        self.sources = [self._fetching(source, places) for source in inputs]

    # --- what was written --------------------------------------------------------------

    @property
    def source(self) -> str:
        """The Python source that it runs."""
        text: str = self._source.open()
        return text

    @property
    def program(self) -> Program:
        """What the source was written from; the same one as long as somebody holds it."""
        program = self._program()
        if program is None:
            program = self._written.open().program
            self._program = ref(program)
        return program

    def graph(self, **options: Any) -> ProgramPicture:
        """Draw the program; see `Compiled.graph`."""
        return draw(self._written.open(), labels_of(self.reach), **options)

    # --- calls -----------------------------------------------------------------------------

    def takes(self, leaves: list[Any], args: Any) -> bool:
        """Whether what is given and held is there as before, and lies in memory as before."""
        if self.states:
            leaves, args = self._with_states(leaves, args)
            if form(args[2:], []) != self.state_form:
                return False
        for at, bare in self.bare:
            if (leaves[at].accumulated is None) != bare:
                return False
        return self._lying(leaves) == self.lying

    def _lying(self, leaves: list[Any]) -> tuple[Any, Any]:
        """What is the same tensor or array, or lies in the same memory."""
        arrays = [found for slot in self.places if isinstance(found := slot.get(), np.ndarray)]
        items = [*leaves, *self.held, *arrays]
        if not (self.bare or self.graded):
            return pattern(items), ()
        graded = [*self.graded, *(leaves[at] for at, _ in self.bare)]
        gradients = [tensor.accumulated for tensor in graded if tensor.accumulated is not None]
        return pattern(items), meeting(gradients, items)

    def _with_states(self, leaves: list[Any], args: Any) -> tuple[list[Any], Any]:
        """The arguments, and behind them what the places of states hold now."""
        contents = [slot.get() for slot in self.states]
        return [*leaves, *leaves_in(contents)], [*args, *contents]

    def _fetching(self, source: Source, given: dict[int, int]) -> Callable[[list[Any]], Any]:
        """How to fetch an input: from the call's own arguments, or from where it lies."""
        holder = source.holder
        if isinstance(holder, Handle):
            at = given.get(id(holder), -1)
        else:
            item = holder.get() if given else None
            at = given.get(id(item), -1) if isinstance(item, np.ndarray) else -1
        if at < 0:
            return _fetch(source)
        if source.is_gradient:
            return lambda leaves: leaves[at].accumulated.value
        return (lambda leaves: leaves[at].value) if holder is self.leaves[at] else itemgetter(at)

    def __call__(self, leaves: list[Any], args: Any) -> Any:
        """Run, and put results where the uncompiled function would.

        Args:
            leaves: the tensors and arrays of the call's arguments.
            args: the arguments.

        Raises:
            Changed: something that was decided while tracing does not hold any more.
        """
        if self.states:
            leaves, args = self._with_states(leaves, args)
        flats = [flat(leaves) for flat in self.flats]
        inputs = [source(leaves) for source in self.sources]
        inputs += self.given
        lent = [self._mine(tensor, leaves) for tensor in self.spares]
        spares = [_spare(tensor) for tensor in lent]
        inputs += spares
        inputs += flats
        try:
            outs = self._run_safely(inputs) if self.exposed else self.run(*inputs)
        except BaseException as error:
            self._give_back(lent, spares, _line_of(error, self.run.__code__))
            touches = self.touched or self.touched_arguments
            if touches and not isinstance(error, self.expected):
                error.add_note(
                    "The compiled step ended in the middle; parameters, their state and "
                    "buffers may be partly updated."
                )
            raise
        parts = made_of(args) if self.moves else []
        if parts:
            outs = (*outs, *(self._mine(item, leaves, parts) for item in self.returned))
        elif self.returned:
            outs += self.returned
        result = self.result(outs)
        self.deliver(outs, leaves, parts)
        if self.touched:
            all_changed(self.touched)
        if self.touched_arguments:
            all_changed(self._mine(tensor, leaves) for tensor in self.touched_arguments)
        return result

    def _give_back(self, lent: list[Handle], spares: list[Any], line: int) -> None:
        """Gradients of the call before whose memory the run had not come to at a line."""
        for tensor, array, filled in zip(lent, spares, self.filled, strict=True):
            if line < filled and array is not None:
                tensor.accumulated = wrap(type(tensor), array)
        for flat in self.flats if line < self.begun else ():
            if isinstance(flat, Lent):
                flat.give_back()

    def _run_safely(self, inputs: list[Any]) -> Any:
        """Run, and take back what was changed before an assumption failed."""
        saved = [(inputs[at], _state(inputs[at])) for at in self.exposed]
        try:
            return self.run(*inputs)
        except BaseException:
            for holder, state in saved:
                _set_state(holder, state)
            raise

    def _mine(self, item: Any, leaves: list[Any], parts: Sequence[Any] = ()) -> Any:
        """What stands in this call's arguments where an item stood in those of the trace."""
        pairs = zip(self.leaves, leaves, strict=True)
        for was, now in chain(pairs, zip(self.parts, parts)) if parts else pairs:  # noqa: B905
            if was is item:
                return now
        return item


def _role(value: Value, source: Source, written: set[int]) -> str:
    """What an input is, in a picture's words."""
    if source.is_gradient:
        return "gradient"
    if source.is_tensor and source.holder.needs_grad:
        return "parameter"
    if value.memory in written:
        return "state"
    if isinstance(source.holder, Handle) or value.dtype is not None:
        return "input"
    return "generator" if isinstance(source.get(), np.random.Generator) else "option"


def _fetch(source: Source) -> Callable[[list[Any]], Any]:
    """How to fetch what lies in a place of its own, in as few steps as possible."""
    holder = source.holder
    if source.is_tensor:
        return lambda leaves: holder.value
    if isinstance(holder, Slot) and source.part is None and isinstance(holder.holder, (dict, list)):
        container, key = holder.holder, holder.key
        return lambda leaves: container[key]
    return lambda leaves: source.get()


def _spare(tensor: Any) -> Any:
    """The array of a gradient from the call before that nobody else holds, or None.

    Python knows: it counts who holds an object. It is asked before there are names here,
    which some versions count and others do not. The tensor gives it away.
    """
    if getrefcount(tensor.accumulated) > ALONE or tensor.accumulated is None:
        return None
    if tensor.accumulated.notes is not None or getrefcount(tensor.accumulated.value) > ALONE:
        return None
    array = tensor.accumulated.value
    plain = isinstance(array, np.ndarray) and array.base is None and array.flags.c_contiguous
    if not plain or array.shape != tensor.data.shape:
        return None
    if array.dtype != tensor.data.dtype or not array.flags.writeable:
        return None
    tensor.accumulated = None
    return array


def _exposed(program: Program) -> list[int]:
    """The inputs that are changed before the last assumption: arrays, and generators."""
    checks = [i for i, line in enumerate(program.instructions) if _may_stop(line)]
    early = program.instructions[: checks[-1]] if checks else []
    blocks = {block for line in early for block in line.writes}
    drawn = {line.args[0].number for line in early if line.kind == "draw"}
    inputs = enumerate(program.inputs)
    return [i for i, value in inputs if value.memory in blocks or value.number in drawn]


def _line_of(error: BaseException, code: Any) -> int:
    """The line of some code at which an error occurred."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _may_stop(line: Instruction) -> bool:
    """Whether a run may end here: at an assumption, an index, or where Python's floats refuse."""
    if line.kind in ("getitem", "setitem"):
        return any(True for _ in values_in(line.args[1]))
    return line.kind in ("guard", "operator") or may_fail(line.kind, line.name, line.args)


def _state(holder: Any) -> Any:
    return holder.copy() if isinstance(holder, np.ndarray) else holder.bit_generator.state


def _set_state(holder: Any, state: Any) -> None:
    if isinstance(holder, np.ndarray):
        np.copyto(holder, state)
    else:
        holder.bit_generator.state = state


def _used(program: Program, sources: list[Source]) -> list[Source]:
    """Leave out the inputs that are not used; gives the sources of the others."""
    numbers = uses(program)
    mask = [numbers[value.number] > 0 for value in program.inputs]
    program.inputs = list(compress(program.inputs, mask))
    return list(compress(sources, mask))


def _written(writer: Writer, inputs: list[Source], results: int) -> Packed:
    """The program with what a picture needs of it; one that is too large for any is left as it is.

    To pack that would take seconds.
    """
    program, written = writer.program, writer.written
    pairs = zip(program.inputs, inputs, strict=True)
    roles = {value.number: _role(value, source, written) for value, source in pairs}
    item = Written(program, writer, roles, results)
    return Packed(item, (Writer,), as_it_is=len(program.instructions) > OPERATIONS)


def insides(item: Any) -> set[int]:
    """The identities of all that arguments are made of."""
    return set(map(id, made_of(item)))
