"""While a function is traced: compiled ones inside run uncompiled, and nobody looks for cycles."""

from __future__ import annotations

import gc
import threading
from contextlib import AbstractContextManager

from autograd.compiler.refusals import refused

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
