"""Tensors that a function makes itself, of plain numbers: known until something is written.

They are traced as all else, so that what is written into them lands there at every call, and
whoever looks at their memory another way sees it. As long as nothing that depends on the call
has been written, their numbers are the same at each one: they may be read, and what is computed
of them stands in the program as a constant.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import get_ident
from types import ModuleType
from typing import Any

import numpy as np

from autograd.compiler.program import Instruction, Value
from autograd.compiler.recorder import Recorder
from autograd.core import construction
from autograd.ops import creation, ranges, sampling, sharing

_MAKERS: tuple[tuple[ModuleType, str, bool], ...] = (
    (creation, "leaf", False),
    (ranges, "leaf", False),
    (sampling, "leaf", False),
    (sharing, "leaf", False),
    (construction, "to_array", True),
)
"""The functions that make new tensors' arrays, or are given them first."""


class Made(AbstractContextManager["Made"]):
    """Lets new tensors of this thread take notes."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder, self.thread = recorder, get_ident()
        self.before = [(module, name, getattr(module, name)) for module, name, _ in _MAKERS]

    def __enter__(self) -> Made:
        for (module, name, gives), (_, _, maker) in zip(_MAKERS, self.before, strict=True):
            made = self._giving(maker) if gives else self._given(maker, module is sharing)
            setattr(module, name, made)
        return self

    def __exit__(self, *exc: object) -> None:
        for module, name, maker in self.before:
            setattr(module, name, maker)

    def _giving(self, maker: Callable[..., Any]) -> Callable[..., Any]:
        return functools.wraps(maker)(lambda *args: self._traced(maker(*args)))

    def _given(self, maker: Callable[..., Any], share: bool) -> Callable[..., Any]:
        def made(array: Any, *args: Any) -> Any:
            traced = self._traced(array)
            if share and traced is not array:
                self.recorder.hand(traced, [array])
            del array  # so that it counts who else holds it
            return maker(traced, *args)

        return functools.wraps(maker)(made)

    def _traced(self, array: Any) -> Any:
        if type(array) is not np.ndarray or get_ident() != self.thread:
            return array
        if array.flags.c_contiguous and not array.reshape(-1).view(np.uint8).any():
            return self.recorder.add("call", "np.zeros", np.zeros, (array.shape, array.dtype))
        return self.recorder.add("call", "np.copy", np.copy, (array,))


def settled(recorder: Recorder, outputs: list[Value]) -> list[Instruction]:
    """What was noted, without the calls whose results are known: these are constants."""
    shared = {block for line in recorder.lines for block in line.writes}
    shared.update(value.memory for value in outputs)
    constants: dict[int, Any] = {}
    kept = []
    for line in recorder.lines:
        if line.pure and all(_is_constant(out, recorder, shared) for out in line.outs):
            constants.update((out.number, _frozen(recorder.known[out.number])) for out in line.outs)
        elif constants.keys().isdisjoint([value.number for value in line.inputs]):
            kept.append(line)
        else:
            kept.append(line.with_inputs(lambda value: constants.get(value.number, value)))
    return kept


def _is_constant(value: Value, recorder: Recorder, shared: set[int]) -> bool:
    return value.number in recorder.known and value.memory not in shared


def _frozen(item: Any) -> Any:
    """An array that nobody can change."""
    if isinstance(item, np.ndarray):
        item = item.copy()
        item.flags.writeable = False
    return item
