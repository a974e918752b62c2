"""The tape of a training: what happened inside ``with ag.record() as tape:``, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd.core.errors import RangeError, StateError
from autograd.core.mode import current, switch
from autograd.draw.folding import Depth
from autograd.draw.scale import OPERATIONS
from autograd.draw.wording import clean
from autograd.stepper.passes import Pass
from autograd.stepper.recording import Recording
from autograd.stepper.step import Step
from autograd.stepper.stepper import Stepper, Training
from autograd.stepper.training import steps_of


class Tape(Recording):
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
        super().__init__()
        self.stopped: str | None = None
        self._ended = False
        self._steps: list[Step] = []

    def end(self, error: BaseException | None) -> None:
        """The block ends, where there is an error because of it."""
        self._settle()
        self._ended = True
        if error is not None:
            kind, said = type(error).__name__, str(error).partition("\n")[0]
            self.stopped = clean(f"{kind}: {said}" if said else kind)

    # --- what it gives -----------------------------------------------------------------------

    def steps(self) -> list[Step]:
        """The steps of the training, numbered from 1: forward, backward and update.

        Raises:
            StateError: no backward pass was recorded.
        """
        self._refuse_emptiness()
        if not self._ended or not self._steps:
            self._steps = steps_of(self.log, self._last_words())
        return self._steps

    def _last_words(self) -> str:
        said = []
        if self.left_out:
            passes = "pass was" if self.left_out == 1 else "passes were"
            said.append(f"{self.left_out} further backward {passes} too large to be recorded.")
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
                f"{OPERATIONS:,} operations is left out, and one of arrays that are not NumPy's, "
                "or that is compiled. "
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
            tape.end(exc[1] if len(exc) > 1 and isinstance(exc[1], BaseException) else None)
        super().__exit__(*exc)
