"""While a function is traced: compiled ones inside run uncompiled, and nobody looks for cycles."""

from __future__ import annotations

import gc
import threading
from contextlib import AbstractContextManager

import numpy as np

from autograd.compiler.refusals import refused
from autograd.core import mode
from autograd.core.errors import StateError

OBJECTS = 100_000
"""A trace that makes more objects than these is a very large one."""

_here = threading.local()


def is_tracing() -> bool:
    """Whether this thread traces a function now."""
    return getattr(_here, "tracing", False)


class Turns(AbstractContextManager[None]):
    """One thread at a time traces: what threads have in common is replaced meanwhile.

    Attributes:
        taken: how many traces are under way.
    """

    def __init__(self) -> None:
        self._lock, self.taken = threading.RLock(), 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self.taken += 1

    def __exit__(self, *exc: object) -> None:
        self.taken -= 1
        self._lock.release()

    def wait(self) -> None:
        """Until no other thread traces."""
        with self._lock:
            pass


one_at_a_time = Turns()


class Steady(AbstractContextManager["Steady"]):
    """What is chosen for all that follows has to be after a function as it was before it."""

    def __enter__(self) -> Steady:
        self.mode, self.dtype, self.errors = mode.current(), mode.get_default_dtype(), np.geterr()
        return self

    def __exit__(self, *exc: object) -> None:
        mode.resume(self.mode)
        if mode.get_default_dtype() != self.dtype:
            mode.set_default_dtype(self.dtype)
        np.seterr(**self.errors)

    def check(self) -> None:
        """Refuse a run that has changed it.

        Raises:
            StateError: saying what to write.
        """
        changed = {
            "mode of recording": mode.current().recording != self.mode.recording,
            "default dtype": mode.get_default_dtype() != self.dtype,
            "np.errstate": np.geterr() != self.errors,
        }
        for what in (name for name, differs in changed.items() if differs):
            raise StateError(
                f"A compiled function leaves another {what} behind, which later calls would not. "
                "Choose it outside, or inside for a block (with …:)."
            )


class Tracing(AbstractContextManager[None]):
    """No search for cycles meanwhile: a trace is one large structure without any.

    A very large one counts as old at once: otherwise it would be searched three times before.
    """

    def __enter__(self) -> None:
        self.before, _here.tracing = is_tracing(), True
        self.enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *exc: object) -> None:
        _here.tracing = self.before
        if self.enabled:
            if gc.get_count()[0] > OBJECTS and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def refuse_inside() -> None:
    """While another function is traced, compiled ones run uncompiled, so that nothing is there."""
    if is_tracing():
        raise refused(
            "asks for what another one was written as (derive, .trace, .source, .graph)",
            "While a function is traced, those that it calls become part of it. Ask outside.",
        )
