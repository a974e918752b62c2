"""One traced run of a function, compiled: for calls that are like the one it was traced from."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, compress
from operator import itemgetter
from sys import getrefcount
from typing import Any

import numpy as np

from autograd.compiler.capture import Captured, Source
from autograd.compiler.delivery import Delivery
from autograd.compiler.drawing import ProgramPicture, draw
from autograd.compiler.emit import Writer
from autograd.compiler.homes import Lent, memory_of
from autograd.compiler.passes.rewriting import uses
from autograd.compiler.places import Slot
from autograd.compiler.program import Instruction, Program, Value, values_in
from autograd.compiler.reach import labels_of
from autograd.compiler.signature import Assumed, form, is_record, pattern, root_of
from autograd.compiler.states import roots_of
from autograd.core.node import Handle, changed, wrap


class _Never(Exception):
    """What code without assumptions raises."""


class Variant:
    """One traced run, compiled: for calls that are like the one it was traced from.

    Attributes:
        source: the Python source that it runs.
        program: what the source was written from.
    """

    def __init__(
        self,
        captured: Captured,
        args: Any,
        held: list[Handle],
        states: list[Slot],
        name: str,
        about: str,
    ) -> None:
        self.held, self.held_tensors, self.states = set(map(id, held)), held, states
        contents = [slot.get() for slot in states]
        self.arguments = len(leaves_of(args))
        args = [*args, *contents]
        self.state_form, self.pattern = form(contents), pattern(leaves_of(args))
        self.captured, self.program = captured, captured.program
        kept = _used(self.program)
        self.writer = Writer(self.program, name, about)
        self.source = self.writer.source()
        self.given = self.writer.arrays()
        space: dict[str, Any] = {}
        exec(builtins.compile(self.source, f"<compiled {name}>", "exec"), space)
        self.run = space[name]
        uses_math = any(line.name.startswith("math.") for line in self.program.instructions)
        self.changed: type[Exception] = space.get("Changed", _Never)
        self.stop = (
            IndexError,
            ValueError if uses_math else FloatingPointError,
        )
        self.expected = (self.changed, *self.stop, ArithmeticError)
        self.leaves, self.parts = leaves_of(args), list(_parts(args))
        inside = insides(args)
        self.moves = any(
            id(item) in inside
            for item in (
                *(getattr(w.target, "holder", None) for w in captured.writes),
                *captured.returned,
            )
        )
        self.deliver = Delivery(captured.writes, inside, self._mine)
        self.touched = [tensor for tensor in captured.touched if id(tensor) not in inside]
        self.touched_arguments = [tensor for tensor in captured.touched if id(tensor) in inside]
        moving = {slot.where for slot in states}
        self.assumed = Assumed(captured.reach, inside, captured.graded, moving)
        places = {id(leaf): at for at, leaf in reversed(list(enumerate(self.leaves)))}
        self.inputs = kept(captured.sources)
        self.sources = [self._source(source, places) for source in self.inputs]

        self.exposed = _exposed(self.program)
        of_number = {
            value.number: s for value, s in zip(self.program.inputs, self.inputs, strict=True)
        }
        self.flats = memory_of(self.program, of_number, captured.gradients, self._mine, inside)
        self.spares = [captured.gradients[at] for at in self.program.spares.values()]
        lines = enumerate(self.source.splitlines(), 1)
        found = {line.split("out=")[1]: at for at, line in lines if "out=spare_" in line}
        filled = {re.split(r"\W", text)[0]: at for text, at in found.items()}
        self.filled = [filled[name] for name in self.program.spares]
        rooms = [at for at, text in enumerate(self.source.splitlines(), 1) if "given=flat_" in text]
        self.begun = min(rooms, default=0)
        self.bare = [
            (at, leaf.accumulated is None)
            for at, leaf in enumerate(self.leaves)
            if id(leaf) in captured.graded
        ]

    def graph(self, **options: Any) -> ProgramPicture:
        """Draw the program; see `Compiled.graph`."""
        sources = zip(self.program.inputs, self.inputs, strict=True)
        written = self.program.written()
        leaves = {value.number: _role(value, source, written) for value, source in sources}
        found = self.captured
        labels = labels_of(found.reach)
        return draw(self.program, self.writer, leaves, labels, found.results, **options)

    def takes(self, leaves: list[Any], args: Any) -> bool:
        """Whether what the function holds itself was given as an argument as before."""
        if self.states:
            leaves, args = self._with_states(leaves, args)
            apart = form(args[2:]) == self.state_form and pattern(leaves) == self.pattern
            if not apart or self._meets_held(leaves):
                return False
        for at, bare in self.bare:
            if (leaves[at].accumulated is None) != bare:
                return False
        pairs = zip(self.leaves, leaves, strict=True)
        return all(
            was is now or not (id(was) in self.held or id(now) in self.held) for was, now in pairs
        )

    def _with_states(self, leaves: list[Any], args: Any) -> tuple[list[Any], Any]:
        """The arguments, and behind them what the places of states hold now."""
        contents = [slot.get() for slot in self.states]
        return [*leaves, *leaves_of(contents)], [*args, *contents]

    def _meets_held(self, leaves: list[Any]) -> bool:
        """Whether a state shares memory with what the function holds elsewhere."""
        roots = roots_of(self.held_tensors)
        return any(id(root_of(leaf.data)) in roots for leaf in leaves[self.arguments :])

    def _source(self, source: Source, given: dict[int, int]) -> Callable[[list[Any]], Any]:
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
            return lambda leaves: leaves[at].accumulated.data
        return (lambda leaves: leaves[at].data) if holder is self.leaves[at] else itemgetter(at)

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
            if self.captured.touched and not isinstance(error, self.expected):
                error.add_note(
                    "The compiled step ended in the middle; parameters, their state and "
                    "buffers may be partly updated."
                )
            raise
        parts = list(_parts(args)) if self.moves else []
        if self.captured.returned:
            mine = (self._mine(x, leaves, parts) for x in reversed(self.captured.returned))
            outs = (*outs, *mine)
        result = self.captured.result(outs)
        self.deliver(outs, leaves, parts)
        for tensor in self.touched:
            changed(tensor)
        for tensor in self.touched_arguments:
            changed(self._mine(tensor, leaves))
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
        return lambda leaves: holder.data
    if isinstance(holder, Slot) and source.part is None and isinstance(holder.holder, (dict, list)):
        container, key = holder.holder, holder.key
        return lambda leaves: container[key]
    return lambda leaves: source.get()


def _spare(tensor: Any) -> Any:
    """The array of a gradient from the call before that nobody else holds, or None.

    Python knows: it counts who holds an object. The tensor gives it away.
    """
    gradient = tensor.accumulated
    if gradient is None or gradient.notes is not None or getrefcount(gradient) > 3:
        return None
    array = gradient.data
    plain = isinstance(array, np.ndarray) and array.base is None and array.flags.c_contiguous
    if not plain or getrefcount(array) > 3 or array.shape != tensor.data.shape:
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
    return line.kind in ("guard", "operator") or line.name.startswith(("math.", "np.take"))


def _state(holder: Any) -> Any:
    return holder.copy() if isinstance(holder, np.ndarray) else holder.bit_generator.state


def _set_state(holder: Any, state: Any) -> None:
    if isinstance(holder, np.ndarray):
        np.copyto(holder, state)
    else:
        holder.bit_generator.state = state


def _used(program: Program) -> Callable[[list[Any]], list[Any]]:
    """Leave out the inputs that are not used; what goes with them can be sifted alike."""
    numbers = uses(program)
    mask = [numbers[value.number] > 0 for value in program.inputs]
    program.inputs = list(compress(program.inputs, mask))
    return lambda items: list(compress(items, mask))


def _parts(item: Any) -> Iterator[Any]:
    """The containers, tensors and arrays in some arguments, in order."""
    todo = [item]
    while todo:
        part = todo.pop()
        if isinstance(part, (Handle, np.ndarray, list, tuple, dict)):
            yield part
        if isinstance(part, (list, tuple)):
            todo += reversed(part)
        elif isinstance(part, dict):
            todo += reversed(list(part.values()))
        elif is_record(part):
            yield part
            todo.append(vars(part))


def leaves_of(item: Any) -> list[Any]:
    """The tensors and arrays in some arguments, in order."""
    return [part for part in _parts(item) if isinstance(part, (Handle, np.ndarray))]


def insides(item: Any) -> set[int]:
    """The identities of all that arguments are made of."""
    return {id(part) for part in _parts(item)}
