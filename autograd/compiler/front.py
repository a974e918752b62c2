"""`ag.compile` and `ag.derive`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from autograd.compiler.compiled import LIMIT, Compiled
from autograd.compiler.passes import TEXTBOOK


def compile(function: Any = None, *, limit: int = LIMIT) -> Any:
    """A function as the NumPy code that one would write by hand (`autograd.compile`).

    One run is traced for each kind of call: forward, backward and update become one flat
    program, which passes simplify and which is then written out as Python. ``backward()`` belongs
    inside: what a compiled function returns has no history. What a function prints, or reads from
    a clock, a file or the environment, it does in the trace alone. Variables, attributes and items
    that it holds may change between calls, those that it finds by a name that it makes up
    (``globals()[…]``, ``getattr`` on a module, an import inside) may not. An exception in the
    trace leaves everything as it was.

    Args:
        function: takes and returns tensors, arrays and plain values, nested at will; may call
            ``backward()``, `grad`, ``optimizer.step()`` and layers of all kinds.
        limit: how many kinds of calls are kept.

    Raises:
        ArgumentError: what is given is no function.
        StateError: when called: the function decides by a value of a tensor, takes from an
            iterator, or draws random numbers in a way that later calls could not repeat.

    >>> import autograd as ag
    >>> double = ag.compile(lambda x: x + x)
    >>> double(ag.tensor([1.0, 2.0]))
    tensor([2., 4.])
    """
    if function is None:
        return functools.partial(compile, limit=limit)
    return Compiled(function, limit)


def derive(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The source of a function as a textbook has it: every formula, backward too.

    Steps that nobody named stand inside the formulas. Copies are left out, products with 1 and with
    the gradient 0 of what nobody uses, repeats that NumPy does by itself, and a machine's checks:
    where values decide (is this label inside?), it is written as they decided. Nothing else is
    simplified. The function is called once, and all is left as if it had not been.

    Args:
        function: computes something, and may call ``backward()`` or `grad`.
        args, kwargs: what it is called with.

    Raises:
        ArgumentError, StateError: as for `compile`.

    >>> import autograd as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> print(derive(lambda: ag.tanh(x).sum().backward()).splitlines()[-2].strip())
    d_x = d_tanh * (1 - tanh**2)  # ∂L/∂x = ∂L/∂tanh · (1 − tanh²), line 1
    """
    compiled = Compiled(function, passes=TEXTBOOK)
    return compiled.trace(*args, **kwargs).source
