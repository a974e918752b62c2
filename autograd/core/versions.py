"""Refusing to use a saved value that was overwritten, in words that say where that happened."""

from __future__ import annotations

from typing import Any

from autograd.core.errors import InPlaceError
from autograd.core.node import Handle, Node, Output
from autograd.core.watch import Seal
from autograd.core.where import resolve


def check_versions(node: Node) -> None:
    """Refuse to use a saved value that was overwritten.

    Raises:
        InPlaceError: it names the operation, what it needs, and the user's lines.
    """
    serial = node.serial
    for cell in node.cells:
        if cell[0] > serial:
            raise InPlaceError(_overwritten(node))


def _overwritten(node: Node) -> str:
    """What was changed, from which version to which, and both of the user's lines."""
    stale = [cell for cell in node.cells if cell[0] > node.serial]
    cell = stale[0]
    names = _names_of(node, cell)
    said = f"{node.op.name} needs {' and '.join(node.plan.save)} for its gradient{_at(node.where)}"
    if isinstance(cell, Seal):
        return f"{said}, but an array that it saved was written to since. {_ADVICE}"
    later = [where for serial, where in cell[2] if serial > node.serial]
    then = cell[1] - len(later)
    before = f"version {then} then" if len(later) < 8 or not then else "an earlier one then"
    return (
        f"{said}, but {names} changed in place after the operation ran{_at(later[-1])}: "
        f"version {cell[1]} now, {before}. {_ADVICE}"
    )


_ADVICE = "Compute a new tensor instead (x = x + 1), or change x.clone()."


def _names_of(node: Node, cell: Any) -> str:
    """The saved names whose memory a version cell counts for."""
    edges = (Handle, Node, Output)
    operands = dict(zip(node.op.operands, node.operands, strict=False))
    owners = [n for n in node.plan.save if n != "out" and isinstance(operands[n], edges)]
    names = [name for name, known in zip(owners, node.cells, strict=False) if known is cell]
    return " and ".join(names or ["out"]) + (" were" if len(names) > 1 else " was")


def _at(where: Any) -> str:
    line = resolve(where)
    return f" ({line}: {line.text.strip()})" if line else ""
