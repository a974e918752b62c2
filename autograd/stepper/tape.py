"""The tape of a training: what happened inside ``with ag.record() as tape:``, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.core.errors import RangeError, StateError
from autograd.core.graph import ancestors, entry
from autograd.core.mode import current, switch
from autograd.core.node import Handle, Where, next_serial
from autograd.core.where import here
from autograd.draw.folding import Depth
from autograd.draw.scale import OPERATIONS
from autograd.draw.trace import Numbers, numbers
from autograd.stepper.log import Author, Detached, Entry, Moved, Regraded
from autograd.stepper.passes import Pass
from autograd.stepper.rehearsal import Sample, sampled
from autograd.stepper.step import Step
from autograd.stepper.stepper import Stepper, Training
from autograd.stepper.training import steps_of


@dataclass
class _Known:
    """What a leaf held when it was last looked at."""

    value: Numbers
    gradient: Numbers | None


class Tape:
    """Everything that a training did inside a ``with`` block, to be gone through step by step.

    `backward`, changes of ``.grad``, `detach` and the steps of optimizers are noted as they
    happen. Nothing that is computed changes. Printed, it is the text of its steps; in a
    notebook it shows itself as the stepper.

    Attributes:
        log: what happened, in order.
        stopped: the error that ended the block, as text; None where there was none.
        left_out: how many backward passes were too large to be traced.
    """

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.stopped: str | None = None
        self.left_out = 0
        self._looked = 0  # the place of the last look in the order of execution
        self._seen: set[int] = set()
        self._known: dict[Handle, _Known] = {}
        self._plans: dict[Handle, Sample | None] = {}
        self._author: Author | None = None
        self._steps: list[Step] | None = None

    # --- what the engine and optimizers tell (see `autograd.core.mode.Recorder`) -------------

    def backward(self, root: Handle, start: Any, run: Any) -> None:
        """Let a backward pass run, and watch it."""
        self._settle()
        if not self._takes(root):
            run()
            return
        made = Pass(root, start, self._seen, here())
        self.log.append(made)
        for leaf in made.leaves:
            if leaf.needs_grad:
                self._meet(leaf)
        try:
            run(watch=made.watch)
        except BaseException:
            self.log.remove(made)
            raise
        made.finish()
        for leaf in made.leaves:
            if leaf in self._known and self._known[leaf].gradient == made.left.get(
                made.leaves[leaf]
            ):
                self._known[leaf].gradient = made.gradient(leaf)
        self._settle()

    def assigned(self, leaf: Handle, before: Any) -> None:
        """``leaf.grad`` was assigned to; it was `before`."""
        where, now = here(), _gradient(leaf)
        last = self.log[-1] if self.log else None
        if not isinstance(last, Regraded) or last.where != where or where is None:
            last = Regraded(next_serial(), where)
            self.log.append(last)
        last.changes.append((leaf, None if before is None else numbers(before.data), now))
        if leaf in self._known:
            self._known[leaf].gradient = now

    def detached(self, source: Handle, made: Handle) -> None:
        """``source.detach()`` gave `made`."""
        edge = source.edge
        origin = source if edge is None else (edge.node.serial, edge.index)
        label = source.label if edge is None else edge.name
        self.log.append(Detached(next_serial(), made, origin, label, numbers(made.data), here()))

    def updating(self, optimizer: Any) -> AbstractContextManager[None]:
        """A block in which an optimizer changes parameters."""
        told = getattr(optimizer, "told", "")
        return self._updating(Author(type(optimizer).__name__, told, here()))

    @contextmanager
    def _updating(self, author: Author) -> Iterator[None]:
        self._settle()
        outer, self._author = self._author, author
        try:
            yield
        finally:
            self._settle()
            self._author = outer

    def planned(self, optimizer: Any, params: list[Any], options: Mapping[str, Any]) -> None:
        """What the rule of an optimizer is about to be given."""
        for param in params:
            self._meet(param)
            self._plans[param] = sampled(optimizer, param, options)

    # --- looking -----------------------------------------------------------------------------

    def _takes(self, root: Handle) -> bool:
        """Whether a pass is traced: arrays of NumPy's, and not more than can be read."""
        count = len(ancestors([entry(root)]))
        fits = len(self._seen) + count <= OPERATIONS and isinstance(root.data, np.ndarray)
        self.left_out += not fits
        return fits

    def _meet(self, leaf: Handle) -> None:
        if leaf not in self._known:
            self._known[leaf] = _Known(numbers(leaf.data), _gradient(leaf))

    def _settle(self) -> None:
        """Note what has changed since the last look, whoever did it."""
        self._steps = None
        self._settle_gradients()
        for leaf, known in self._known.items():
            before, known.value = known.value, numbers(leaf.data)
            if leaf in self._plans or not _same(before, known.value):
                self._move(leaf, before, known.value)
        self._looked = next_serial()

    def _settle_gradients(self) -> None:
        found: dict[Where, Regraded] = {}
        for leaf, known in self._known.items():
            before, known.gradient = known.gradient, _gradient(leaf)
            if not _same(before, known.gradient):
                serial, where = self._last_change(leaf.accumulated)
                note = found.setdefault(where, Regraded(serial, where))
                note.changes.append((leaf, before, known.gradient))
        self.log += found.values()

    def _move(self, leaf: Handle, before: Numbers, now: Numbers) -> None:
        sample, author = self._plans.pop(leaf, None), self._author
        serial, where = self._last_change(leaf)
        if author is not None:
            serial, where = next_serial(), author.where
        done = None if sample is None else sample.found(leaf)
        self.log.append(Moved(serial, leaf, before, now, _gradient(leaf), author, done, where))

    def _last_change(self, tensor: Handle | None) -> tuple[int, Where]:
        """Place and line of the last change in place; where unknown, right after the last look."""
        recent = tensor.version[2] if tensor is not None and tensor.version[1:] else ()
        serial, where = recent[-1] if recent else (-1, None)
        return (serial, where) if serial > self._looked else (self._looked, None)

    def _end(self, error: BaseException | None) -> None:
        """The block ends; leaves may live on without the tape."""
        self._settle()
        if error is not None:
            said = str(error).partition("\n")[0]
            self.stopped = f"{type(error).__name__}: {said}" if said else type(error).__name__

    # --- what it gives -----------------------------------------------------------------------

    def steps(self) -> list[Step]:
        """The steps of the training, numbered from 1: forward, backward and update.

        Raises:
            StateError: no backward pass was recorded.
        """
        self._refuse_emptiness()
        if self._steps is None:
            self._steps = steps_of(self.log, self._last_words())
        return self._steps

    def _last_words(self) -> str:
        said = []
        if self.left_out:
            said.append(f"{self.left_out} further backward pass(es) were too large to be recorded.")
        if self.stopped:
            said.append(f"Then the block was stopped by {self.stopped}.")
        return " ".join(said)

    def step_through(
        self,
        *,
        theme: str = "auto",
        title: str | None = None,
        direction: str = "LR",
        depth: Depth = "auto",
        height: int = 680,
        predict: bool = False,
    ) -> Stepper:
        """Go through the training, one step at a time; each backward pass has its graph.

        Args:
            theme: ``"auto"`` (as the system is), ``"light"``, ``"dark"`` or ``"print"``.
            title: the title of the page.
            direction: ``"LR"``, inputs left and the result right, or ``"TB"``, downward.
            depth: how many levels of modules and time steps the graphs show open.
            height: the height in a notebook, in pixels.
            predict: ask for each gradient before it is shown.

        Raises:
            StateError: no backward pass was recorded.
            RangeError: a theme, direction or height that does not exist.
        """
        steps = self.steps()
        return Training(
            [entry.trace for entry in self.log if isinstance(entry, Pass)],
            steps,
            theme=theme,
            title=title,
            direction=direction,
            depth=depth,
            height=height,
            predict=predict,
        )

    def _refuse_emptiness(self) -> None:
        if any(isinstance(entry, Pass) for entry in self.log):
            return
        if self.left_out:
            raise RangeError(
                f"The tape holds nothing that can be shown: a backward pass of more than "
                f"{OPERATIONS:,} operations (or of arrays that are not NumPy's) is left out. "
                "Record a smaller run: fewer time steps, a smaller batch, a smaller model."
            )
        after = f" The block was stopped by {self.stopped}." if self.stopped else ""
        raise StateError(
            "The tape is empty: no backward pass ran while it recorded."
            f"{after} Put forward pass, loss.backward() and optimizer.step() inside the block:\n"
            "    with ag.record() as tape:\n"
            "        loss = model(x)\n"
            "        loss.backward()\n"
            "        optimizer.step()\n"
            "    tape.step_through()\n"
            "For a result without backward pass write y.step_through()."
        )

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps())

    def __len__(self) -> int:
        return len(self.steps())

    def __bool__(self) -> bool:
        return bool(self.log)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.steps()))

    def __repr__(self) -> str:
        passes = sum(isinstance(entry, Pass) for entry in self.log)
        plural = "" if passes == 1 else "es"
        return f"<Tape: {passes} backward pass{plural}; tape.step_through() shows every step>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """The stepper; an empty tape says what it is."""
        if not any(isinstance(entry, Pass) for entry in self.log):
            return {"text/plain": repr(self)}
        return self.step_through()._repr_mimebundle_()


class record(switch):
    """Record every operation, with or without gradient, and keep every value for pictures.

    A ``with`` block or a decorator. The block's `Tape` goes through a whole training step:
    forward pass, error backward and weight update.

    >>> import autograd as ag
    >>> import optim
    >>> w = ag.tensor(0.5, requires_grad=True, name="w")
    >>> optimizer = optim.SGD([w], lr=0.1)
    >>> with ag.record() as tape:
    ...     loss = (w * 2.0).sum()
    ...     loss.backward()
    ...     optimizer.step()
    >>> print(tape.steps()[-1].equation)
    w ← w − lr · ∂loss/∂w = 0.5 − 0.1 × 2.0 = 0.3
    """

    def __init__(self) -> None:
        super().__init__(recording=True, keep=True)

    def __enter__(self) -> Tape:
        tape = Tape()
        switch(**self.changes, tape=tape).__enter__()
        return tape

    def __exit__(self, *exc: object) -> None:
        tape = current().tape
        if isinstance(tape, Tape):
            tape._end(exc[1] if len(exc) > 1 and isinstance(exc[1], BaseException) else None)
        super().__exit__(*exc)


def _gradient(leaf: Handle) -> Numbers | None:
    return None if leaf.accumulated is None else numbers(leaf.accumulated.data)


def _same(a: Numbers | None, b: Numbers | None) -> bool:
    """Whether two values are the same, NaN included."""
    return a == b or repr(a) == repr(b)
