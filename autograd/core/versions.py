"""The versions of saved values: which cells tell of them, and the refusal of a stale one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd.core.errors import InPlaceError
from autograd.core.node import Cells, Handle, Node, Output, cell_of, latest
from autograd.core.watch import Seal, seals
from autograd.core.where import resolve


def keep_cells(
    node: Node, operands: tuple[Any, ...], results: Sequence[Any], guarded: bool = False
) -> None:
    """Remember the version cells of what a node has saved, where its edges do not lead to them.

    Args:
        node: what has been saved.
        operands: of the call; the tensors among them have versions.
        results: the tensors that the call has made.
        guarded: also seal the saved arrays.
    """
    plan = node.plan
    kept = [operands[slot] for slot in plan.kept if slot is not None]
    if len(results) == 1 and not guarded and all(map(_leads, kept)):
        node.cells = None
        return
    node.cells = tuple(
        (name, cell_of(x))
        for name, slot in zip(plan.save, plan.kept, strict=True)
        for x in (results if slot is None else operands[slot : slot + 1])
        if isinstance(x, Handle)
    )
    if guarded:
        node.cells += seals(node.saved)
        latest[0] = math.inf  # sealed arrays change without notice: from now on all are checked


def hold_cells(node: Node) -> None:
    """Let a node keep the cells of what it saved; its result's own memory is about to be left."""
    if not node.plan.save or node.cells is not None:
        return
    places = [None if slot is None else node.operands[slot] for slot in node.plan.kept]
    for place in places:
        if isinstance(place, (Node, Output, Handle)) and place.version is None:
            place.version = [0]
    node.cells = tuple(
        (name, [0] if place is None else place.version)
        for name, place in zip(node.plan.save, places, strict=True)
        if place is None or isinstance(place, (Node, Output, Handle))
    )


def _leads(value: Any) -> bool:
    """Whether the version of an operand, if it has one, is found at the edge that leads to it.

    It is not for the copy of what a change in place is about to overwrite.
    """
    if not isinstance(value, Handle) or value.version is None:
        return True
    return value.version is (value.edge or value).version


def cells_of(node: Node) -> Cells:
    """The version cells of what a node has saved, as far as there are any, by name."""
    if node.cells is not None:
        return node.cells
    places = [node if slot is None else node.operands[slot] for slot in node.plan.kept]
    return tuple(
        (name, place.version)
        for name, place in zip(node.plan.save, places, strict=True)
        if isinstance(place, (Node, Output, Handle)) and place.version is not None
    )


def check_versions(node: Node) -> None:
    """Refuse to use a saved value that was overwritten.

    Raises:
        InPlaceError: it names the operation, what it needs, and the user's lines.
    """
    serial = node.serial
    if latest[0] > serial and any(cell[0] > serial for _, cell in cells_of(node)):
        raise InPlaceError(_overwritten(node))


def _overwritten(node: Node) -> str:
    """What was changed, from which version to which, and both of the user's lines."""
    cells = cells_of(node)
    cell = next(cell for _, cell in cells if cell[0] > node.serial)
    names = _listed([name for name, known in cells if known is cell])
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


def _listed(names: list[str]) -> str:
    return " and ".join(names) + (" were" if len(names) > 1 else " was")


def _at(where: Any) -> str:
    line = resolve(where)
    return f" ({line}: {line.text.strip()})" if line else ""
