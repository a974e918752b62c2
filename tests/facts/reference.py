"""What PyTorch 2.13 does at awkward points (CPU, measured by running it), by label.

`edge_values.txt` holds values and gradients, `behaviour.txt` what the tape, layers and
optimisers do: a label, and after at least two spaces what was printed.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import autograd as ag

HERE = Path(__file__).parent
NUMBERS = {"inf": float("inf"), "nan": float("nan")}


def _read(name: str) -> dict[str, str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return dict(re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in lines)


EDGES = _read("edge_values.txt")
BEHAVIOUR = _read("behaviour.txt")
FACTS = EDGES | BEHAVIOUR


def measured(label: str) -> Any:
    """What was printed, as a value (or as it is); an error's class where one was raised."""
    printed = FACTS[label]
    error = re.match(r"(\w+Error): ", printed)
    if error:
        return getattr(builtins, error.group(1))
    if printed.startswith("torch."):
        return printed.removeprefix("torch.")
    try:
        return eval(printed, {"__builtins__": {}}, NUMBERS)
    except (SyntaxError, NameError):
        return printed


def plain(value: Any) -> Any:
    """Tensors and arrays as lists, dtypes by name."""
    if isinstance(value, (ag.Tensor, np.ndarray)):
        return value.tolist()
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value))
    return value


def at(function: Callable[..., Any], *operands: Any) -> Callable[[], Any]:
    """Value, and gradients of the summed value, at these operands (in float64)."""

    def found() -> Any:
        leaves = [ag.tensor(x, dtype=np.float64, requires_grad=True) for x in operands]
        out = function(*leaves)
        out.sum().backward()
        return plain((out, [leaf.grad for leaf in leaves]))

    return found


def value(function: Callable[..., Any], *operands: Any) -> Callable[[], Any]:
    """The value alone."""
    return lambda: plain(function(*map(ag.tensor, operands)))


def second(function: Callable[..., Any], operand: Any) -> Callable[[], Any]:
    """The gradient of the summed gradient."""

    def found() -> Any:
        x = ag.tensor(operand, requires_grad=True)
        (first,) = ag.grad(function(x).sum(), x, create_graph=True)
        return ag.grad(first.sum(), x)[0].tolist()

    return found
