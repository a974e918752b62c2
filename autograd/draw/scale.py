"""Large graphs: counted before they are traced, for a trace takes its time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from autograd.core.errors import RangeError
from autograd.core.graph import ancestors, entry
from autograd.core.node import Handle, Node
from autograd.draw.folding import Depth
from autograd.draw.trace import Trace
from autograd.draw.tracing import built, start_of

OPERATIONS = 20_000
"""More operations than this are not traced at all."""

MOST = 3000
"""More drawn boxes and circles than this are refused."""

_ADVICE = (
    "Draw a smaller part: an earlier result, fewer time steps, a smaller copy of the program "
    "that computes the same."
)


def check_size(count: int) -> None:
    """Refuse a drawing of too many nodes.

    Raises:
        RangeError: saying what to do instead.
    """
    if count > MOST:
        raise RangeError(
            f"This drawing would have {count:,} nodes, and no layout of more than {MOST:,} "
            "ends soon or can be read. Collapse modules and time steps with graph(depth=0) "
            "or graph(depth=1), group operations with autograd.scope(…), or draw a smaller "
            "part: an earlier result, fewer time steps. The text form needs no layout: "
            "print(f.graph().to_text())."
        )


class Standing:
    """A run that is traced when its trace is first asked for.

    Attributes:
        operations: how many there are.
        loose: how many of them no drawing can hide in a group.
    """

    def __init__(
        self,
        root: Handle,
        start: Any,
        nodes: Sequence[Node],
        depth: Depth,
        since: Sequence[Handle] = (),
    ) -> None:
        self.operations = len(nodes)
        self.loose = sum(depth is None or node.scope is None for node in nodes)
        self._root, self._start, self._since = root, start, since

    @cached_property
    def trace(self) -> Trace:
        """The trace; it takes about a second for each 5,000 operations."""
        return built(self._root, self._start, self._since)

    @property
    def brief(self) -> str:
        """What a notebook shows in place of thousands of lines."""
        return f"A run of {self.operations:,} operations; print(….to_text()) lists them all."


def standing(
    root: Handle,
    gradient: Any,
    backward: bool | None,
    call: str,
    depth: Depth = "auto",
    since: Sequence[Handle] = (),
) -> Trace | Standing:
    """The trace of `root`, or where no drawing of it is possible, a promise of its text.

    Raises:
        ArgumentError: `root` is no tensor.
        GradientError: a backward pass was asked for and there is none.
        RangeError: more than 20,000 operations.
    """
    start = start_of(root, gradient, backward, call)
    nodes = ancestors([entry(root)])
    if len(nodes) > OPERATIONS:
        raise RangeError(
            f"{call}: the result depends on {len(nodes):,} operations, and more than "
            f"{OPERATIONS:,} can be neither drawn nor read. {_ADVICE}"
        )
    run = Standing(root, start, nodes, depth, since)
    return run if run.loose > MOST and not since else run.trace


def is_pending(root: Any) -> bool:
    """Whether a single number waits for its backward pass: no leaf below it has a gradient."""
    if not isinstance(root, Handle) or not root.needs_grad or root.value.size != 1:
        return False
    nodes = ancestors([entry(root)])
    leaves = (x for node in nodes for x in node.operands if isinstance(x, Handle) and x.needs_grad)
    reached = any(getattr(leaf, "grad", None) is not None for leaf in leaves)
    return bool(nodes) and not reached
