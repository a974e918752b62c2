"""An optimizer's rule, run again on one element: its own graph gives formula and numbers.

The rule is a pure function. On tensors it leaves a graph like any other computation, and
the names of its variables are the letters of the formula.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

import numpy as np

from autograd.core.errors import GlassError
from autograd.core.graph import ancestors, entry
from autograd.core.mode import switch
from autograd.core.node import Handle
from autograd.core.spec import KEEP
from autograd.core.tensor import Tensor

Named = list[tuple[Handle, str]]
"""Tensors with what they are called."""

_GREEK = {
    "alpha": "α",
    "beta1": "β₁",
    "beta2": "β₂",
    "eta": "η",
    "lambd": "λ",
    "mu": "μ",
    "rho": "ρ",
}


@dataclass(frozen=True)
class Sample:
    """What the rule of an optimizer was given: one element, or a whole small array.

    Attributes:
        rule: ``(param, grad, state, **options) -> (param, state)``.
        index: which element; None for the whole.
        param, gradient, state, options: the arguments.
        now: the parameter afterwards.
    """

    rule: Callable[..., Any]
    index: tuple[int, ...] | None
    param: Any
    gradient: Any
    state: Mapping[str, Any]
    options: Mapping[str, Any]
    now: Any = None

    def found(self, param: Handle) -> Sample:
        """The sample with what the optimizer has made of the parameter."""
        return replace(self, now=_part(param.value, self.index))


@dataclass
class Rehearsal:
    """A rule that has been run on tensors.

    Attributes:
        param: the new parameter, a tensor with its graph.
        given: the tensors that it was given, each with its name.
        made: the tensors that its variables held, each with its name, in order.
    """

    param: Handle
    given: Named
    made: Named


def sampled(optimizer: Any, param: Handle, options: Mapping[str, Any]) -> Sample | None:
    """A sample of what an optimizer will do; None where its rule cannot be run on its own.

    For a rule that treats each element alone, the element with the largest gradient.
    """
    rule, held = getattr(type(optimizer), "update", None), param.accumulated
    if rule is None or held is None or held.value.shape != param.value.shape:
        return None
    if not isinstance(param.value, np.ndarray) or not param.value.size:
        return None
    index: tuple[int, ...] | None = None
    if optimizer.elementwise and param.value.ndim:
        flat = int(np.argmax(np.abs(held.data)))
        index = tuple(map(int, np.unravel_index(flat, param.value.shape)))
    elif param.value.size > KEEP:
        return None
    state = {
        name: _part(item, index if np.shape(item) == param.value.shape else None)
        for name, item in optimizer.state.get(param, {}).items()
    }
    value, gradient = _part(param.value, index), _part(held.value, index)
    return Sample(rule, index, value, gradient, state, dict(options))


def _part(item: Any, index: tuple[int, ...] | None) -> Any:
    """A copy of an array or of one element of it; anything else as it is."""
    if not isinstance(item, np.ndarray):
        return item
    return np.array(item if index is None else item[index])


def rehearsed(sample: Sample, name: str, gradient: str) -> Rehearsal | None:
    """Run the rule again on tensors; None where that does not give what the optimizer gave.

    Options take part as tensors, so that a formula says ``lr``; where a rule decides by
    them, as numbers.
    """
    for symbolic in (_by_itself, _in_groups, _never):
        try:
            run = _run(sample, name, gradient, symbolic)
        except (GlassError, TypeError, ValueError, ArithmeticError):
            continue
        if np.allclose(run.param.value, sample.now, rtol=1e-5, atol=1e-12, equal_nan=True):
            return run
    return None


def _by_itself(option: Any) -> bool:
    """Numbers, and numbers in tuples."""
    return isinstance(option, tuple) or _in_groups(option)


def _in_groups(option: Any) -> bool:
    """Numbers alone."""
    return isinstance(option, float) and option != 0


def _never(option: Any) -> bool:
    return False


def _run(sample: Sample, name: str, gradient: str, symbolic: Callable[[Any], bool]) -> Rehearsal:
    given: Named = []

    def tensor(item: Any, called: str) -> Any:
        given.append((Tensor(np.asarray(item, sample.param.dtype)), called))
        return given[-1][0]

    def option(item: Any, called: str) -> Any:
        if isinstance(item, tuple) and symbolic(item):
            return tuple(option(part, f"{called}{_low(n)}") for n, part in enumerate(item, 1))
        return tensor(item, called) if symbolic(item) else item

    def stated(item: Any, called: str) -> Any:
        return tensor(item, called) if isinstance(item, np.ndarray) else item

    param, slope = tensor(sample.param, name), tensor(sample.gradient, gradient)
    options = {key: option(item, key) for key, item in sample.options.items()}
    state = {key: stated(item, key) for key, item in sample.state.items()}
    with switch(recording=True, keep=True, source=None, tape=None), np.errstate(all="ignore"):
        (value, new), held = _with_locals(sample.rule, param, slope, state, **options)
    variables = {id(x): _GREEK.get(n, n) for n, x in reversed(held.items())}
    for key in state.keys() & new.keys():  # the old and the new m have one name
        own = variables.get(id(new[key])) or variables.get(id(state[key]), key)
        variables[id(state[key])] = variables[id(new[key])] = own
    variables = {key: f"{v}′" if v == name else v for key, v in variables.items()}
    variables |= {id(param): name, id(slope): gradient}
    named = [(x, variables.get(id(x), n)) for x, n in given]
    return Rehearsal(value, named, _made(held, new, value, variables))


def _made(
    held: Mapping[str, Any], new: Mapping[str, Any], value: Handle, names: Mapping[int, str]
) -> Named:
    """What the rule computed for the parameter and its new state and has a name, in order."""
    results = [x for x in (value, *new.values()) if isinstance(x, Handle)]
    needed = {node.serial for node in ancestors(map(entry, results))}
    found: dict[int, tuple[Handle, str]] = {}
    for name, item in (*held.items(), *new.items()):
        edge = item.edge if isinstance(item, Handle) else None
        if edge is None or edge.node.serial not in needed or item is value or name == "param":
            continue
        found.setdefault(edge.node.serial, (item, names.get(id(item), name)))
    return [pair for _, pair in sorted(found.items())]


def _with_locals(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """What a function returns, and what its variables held when it did."""
    held: dict[str, Any] = {}
    code = getattr(function, "__code__", None)

    def look(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code:
            held.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        return function(*args, **kwargs), held
    finally:
        sys.setprofile(before)


def _low(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
