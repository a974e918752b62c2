"""What of a run is shown: gradients, values, shapes, and how operations appear."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from autograd.core.errors import ArgumentError, RangeError
from autograd.core.node import Handle
from autograd.draw.trace import Trace

Ops = Literal["auto", "circles", "compact", "names"]
"""Operations as circles between values, as circles that join where a value has no name, or in
the names of their results."""


Widths = Literal["linear", "log"]
"""What the widths of gradients go by: their size, or its logarithm."""


@dataclass(frozen=True)
class Look:
    """What boxes and arrows show.

    Attributes:
        gradients: numbers of the backward pass on boxes.
        arrows: its arrows.
        faint: the forward arrows step back behind them.
        values, shapes: lines of a box.
        ops: how operations appear.
        log: gradients are as wide as the logarithm of their size.
    """

    gradients: bool = True
    arrows: bool = True
    faint: bool = False
    values: bool = True
    shapes: bool = True
    ops: Ops = "auto"
    log: bool = False

    def with_ops(self, ops: Ops) -> Look:
        """The same with operations drawn in another way."""
        return replace(self, ops=ops)


def look_of(
    trace: Trace, gradients: Any, values: bool, shapes: bool, ops: Ops, widths: Widths
) -> Look:
    """What the options of `graph` mean for a trace.

    Raises:
        RangeError: an option that does not exist.
    """
    check_look(gradients, ops, widths)
    shown = bool(trace.events) if gradients is None else bool(gradients)
    return Look(shown, shown, gradients == "only", values, shapes, ops, widths == "log")


def check_look(gradients: Any, ops: str, widths: str) -> None:
    """Refuse options that do not exist.

    Raises:
        RangeError: naming those that do.
    """
    if ops not in ("auto", "circles", "compact", "names"):
        raise RangeError(
            f'graph(ops={ops!r}): write "circles", "compact" (values without a name are left '
            'out), "names" (operations stand in names) or "auto".'
        )
    if widths not in ("linear", "log"):
        raise RangeError(
            f'graph(widths={widths!r}): write "linear" (a gradient is as wide as it is large) or '
            '"log" (by powers of ten, so that vanishing gradients stay apart).'
        )
    if gradients not in (None, True, False, "only"):
        raise RangeError(
            f'graph(gradients={gradients!r}): write True (both ways), False (forward only), "only" '
            "(backward only) or None (what there is)."
        )


def check_parts(expand: Any, since: Any) -> None:
    """Refuse paths and tensors that are not in a list; one alone would be taken apart.

    Raises:
        ArgumentError: saying what to write.
    """
    if not _are(str, expand, Collection):
        raise ArgumentError(
            f"graph(expand={expand!r:.60}): give the paths of modules in a list, such as "
            'expand=["encoder.lstm"].'
        )
    if not _are(Handle, since, Sequence):
        raise ArgumentError(
            f"graph(since={type(since).__name__}): give tensors in a list, such as since=[h]."
        )


def _are(kind: type, given: Any, collection: type) -> bool:
    listed = isinstance(given, collection) and not isinstance(given, (str, Handle))
    return listed and all(isinstance(one, kind) for one in given)
