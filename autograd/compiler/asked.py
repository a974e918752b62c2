"""What `grad` and ``backward()`` give a function has the name of what it differentiates by."""

from __future__ import annotations

from contextlib import AbstractContextManager
from threading import get_ident
from typing import Any

from autograd import functional
from autograd.compiler.origin import nearest_line
from autograd.compiler.program import Value
from autograd.compiler.unpacking import unpacked
from autograd.core import sweep
from autograd.core.node import Handle


class Asked(AbstractContextManager["Asked"]):
    """Notes the names of gradients while a function is traced.

    ``dx, dy = grad(f, [x, y])`` gives them a person's names; where there are none, they are
    called d_x and d_y, and derivatives of derivatives d2_x.

    Args:
        run: the traced run.
    """

    def __init__(self, run: Any) -> None:
        self.leaves = [tensor for tensor, _ in run.reach.tensors]
        self.paths = {id(tensor): path for tensor, path in run.reach.tensors}
        self.order, self.thread = 1, get_ident()
        self.before = functional.collect, sweep.backward

    def __enter__(self) -> Asked:
        self._put(self._collect, self._backward)
        return self

    def __exit__(self, *exc: object) -> None:
        self._put(*self.before)

    def _put(self, collect: Any, backward: Any) -> None:
        functional.collect, sweep.backward = collect, backward

    def _collect(self, starts: Any, entries: Any, kind: Any, *more: Any) -> Any:
        found = self.before[0](starts, entries, kind, *more)
        if get_ident() == self.thread:
            names = unpacked(nearest_line())
            for at, place in enumerate(entries):
                name = names[at] if len(names) == len(entries) else ""
                _call(found.get(place), name or self._name(place))
            self.order += kind is not None
        return found

    def _backward(self, *args: Any, **kwargs: Any) -> None:
        self.before[1](*args, **kwargs)
        if get_ident() == self.thread:
            for leaf in self.leaves:
                if leaf.needs_grad:
                    _call(leaf.accumulated, f"d_{self.paths[id(leaf)]}")

    def _name(self, place: Any) -> str:
        """What the derivative by a leaf is called, empty where it has no path."""
        path = self.paths.get(id(place), "") if isinstance(place, Handle) else ""
        return f"d{self.order if self.order > 1 else ''}_{path}" if path else ""


def _call(gradient: Any, name: str) -> None:
    """Name what a gradient is computed as, if that is traced."""
    plain = gradient.value if isinstance(gradient, Handle) else gradient
    slot = getattr(plain, "slot", None)
    if isinstance(slot, Value) and name:
        slot.hint = name
