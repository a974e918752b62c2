"""What a run leaves behind, put where the uncompiled function would have put it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.compiler.places import ALL, CONTAINERS, MISSING, ORDER, Slot
from autograd.compiler.results import Write
from autograd.core.node import Handle

Mine = Callable[..., Any]
"""Finds what stands in a call's arguments where an item stood in those of the trace."""


class Delivery:
    """Puts results into tensors and places, in as few steps as possible.

    Args:
        writes: what a run leaves behind.
        own: what the arguments are made of, by identity: these are others at each call.
        mine: finds what stands there now.
    """

    def __init__(self, writes: list[Write], own: set[int], mine: Mine) -> None:
        self.mine = mine
        self.gradients: list[tuple[Handle, Any]] = []
        self.entries: list[tuple[Slot, Any, Any, Any]] = []
        self.others: list[Write] = []
        for write in writes:
            target, build = write.target, write.build
            slot = target if isinstance(target, Slot) else None
            if id(target if slot is None else slot.holder) in own:
                self.others.append(write)
            elif slot is None and write.what == "grad":
                self.gradients.append((target, build))
            elif slot is not None and _is_entry(slot):
                self.entries.append((slot, slot.holder, slot.key, build))
            else:
                self.others.append(write)

    def __call__(self, outs: Any, leaves: list[Any], parts: list[Any]) -> None:
        """Put everything where it belongs.

        Args:
            outs: what the run gave.
            leaves, parts: the tensors and arrays of the call's arguments, and all that these
                are made of, where something is written into them.
        """
        for tensor, build in self.gradients:
            tensor.accumulated = build(outs)
        for slot, holder, key, build in self.entries:
            item = build(outs)
            if item is MISSING:
                slot.set(item)
            else:
                holder[key] = item
        for write in self.others:
            self._write(write.target, write.what, write.build(outs), leaves, parts)

    def _write(
        self, target: Any, what: str, item: Any, leaves: list[Any], parts: list[Any]
    ) -> None:
        if isinstance(target, Handle):
            tensor = self.mine(target, leaves)
            setattr(tensor, "accumulated" if what == "grad" else what, item)
            return
        if parts:
            target = target._replace(holder=self.mine(target.holder, leaves, parts))
        target.set(item)


def _is_entry(slot: Slot) -> bool:
    """Whether it is one entry of a container."""
    return isinstance(slot.holder, CONTAINERS) and slot.key is not ALL and slot.key is not ORDER
