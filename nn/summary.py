"""A model as a table: its layers with output shapes, parameters and operations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import autograd as ag
from nn.convolution import Convolution, TransposedConvolution
from nn.evaluating import evaluating
from nn.linear import Bilinear, Linear
from nn.module import Module, shape_of
from nn.packing import PackedSequence
from nn.recurrent import RecurrentLayer
from nn.recurrent_cells import RecurrentCell

TITLES = ("path", "layer", "output shape", "parameters", "multiply-adds")


@dataclass(frozen=True)
class Row:
    """One line of a summary.

    Attributes:
        path: of the module; empty for the model itself.
        layer: what it is, in a few words.
        shape: of its output; a tuple of shapes for several; None where it was not called.
        parameters: how many numbers it learns, those of shared parameters once.
        operations: its multiplications with a weight, each with its addition; None where they
            are not known.
    """

    path: str
    layer: str
    shape: Any
    parameters: int
    operations: int | None

    def cells(self) -> tuple[str, ...]:
        """The line as texts."""
        shape = "not called" if self.shape is None else str(self.shape)
        operations = "?" if self.operations is None else f"{self.operations:,}"
        return (self.path or "(model)", self.layer, shape, f"{self.parameters:,}", operations)


@dataclass(frozen=True)
class Summary:
    """A table that prints itself, and shows itself in a notebook; made by `summary`.

    Attributes:
        rows: the lines.
        parameters, trainable: how many numbers the model has, and how many of them learn.
        operations: multiply-adds of one forward pass, as far as they are known.
        megabytes: the memory of the parameters, in units of 10⁶ bytes.
    """

    rows: tuple[Row, ...]
    parameters: int
    trainable: int
    operations: int
    megabytes: float

    @property
    def totals(self) -> str:
        """The sums in a sentence."""
        frozen = self.parameters - self.trainable
        least = "at least " if any(row.operations is None for row in self.rows) else ""
        return (
            f"{self.parameters:,} parameters ({self.trainable:,} trainable, {frozen:,} frozen, "
            f"{self.megabytes:,.1f} MB), {least}{self.operations:,} multiply-adds"
        )

    def __str__(self) -> str:
        lines = [TITLES, *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        texts = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
        rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
        return "\n".join([texts[0], rule, *texts[1:], rule, self.totals])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = _html(TITLES, "th")
        body = "".join(_html(row.cells(), "td") for row in self.rows)
        foot = f'<tr><td colspan="5">{escape(self.totals)}</td></tr>'
        return f"<table><thead>{head}</thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table>"


def _aligned(line: tuple[str, ...], widths: list[int]) -> list[str]:
    """Words to the left, numbers to the right."""
    pairs = list(zip(line, widths, strict=True))
    return [text.ljust(w) for text, w in pairs[:3]] + [text.rjust(w) for text, w in pairs[3:]]


def _html(cells: tuple[str, ...], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


# --- the run ------------------------------------------------------------------------------


@dataclass
class _Seen:
    """What the hooks saw of one module."""

    shape: Any = None
    operations: int | None = 0


def summary(model: Module, *inputs: Any, depth: int | None = None, **options: Any) -> Summary:
    """Run a model once and tell of each layer what comes out and what it costs.

    The run is in evaluation mode and without recording, and leaves the model as it was.
    Multiply-adds are those with a weight, in linear, convolutional and recurrent layers;
    normalisations, activations, pools and biases cost little and do not count.

    Args:
        model: what is looked at.
        *inputs: what it is called with: tensors, arrays; or a tuple of numbers, which stands
            for zeros of that shape.
        depth: how many levels of modules are listed, what lies below added up; all by default.
        **options: further arguments of the model.

    Raises:
        RangeError: a depth below 1.
        ArgumentError: what is no model.

    >>> import nn
    >>> print(summary(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), (5, 2)))
    path  layer        output shape  parameters  multiply-adds
    ──────────────────────────────────────────────────────────
    0     Linear(2→3)  (5, 3)                 9             30
    1     ReLU         (5, 3)                 0              0
    ──────────────────────────────────────────────────────────
    9 parameters (9 trainable, 0 frozen, 0.0 MB), 30 multiply-adds
    """
    if not isinstance(model, Module):
        raise ag.ArgumentError(f"summary() takes a module, and not {model!r:.60}")
    if depth is not None and depth < 1:
        raise ag.RangeError(f"summary(depth={depth}): at least one level.")
    seen = {id(module): _Seen() for module in model.modules()}
    _run(model, [_input(model, given) for given in inputs], options, seen)
    rows = tuple(_rows(model, depth, seen))
    parameters = list(model.parameters())
    return Summary(
        rows,
        parameters=sum(p.numel() for p in parameters),
        trainable=sum(p.numel() for p in parameters if p.requires_grad),
        operations=sum(row.operations or 0 for row in rows),
        megabytes=sum(p.numel() * p.dtype.itemsize for p in parameters) / 1e6,
    )


def _input(model: Module, given: Any) -> Any:
    if not (isinstance(given, tuple) and all(isinstance(n, int) for n in given)):
        return given
    kinds = (p.dtype for p in model.parameters())
    return ag.zeros(*given, dtype=next(kinds, ag.get_default_dtype()))


def _run(model: Module, inputs: list[Any], options: dict[str, Any], seen: Any) -> None:
    """One forward pass with a hook on every module, in evaluation mode."""

    def look(module: Module, args: Any, given: Any, output: Any) -> None:
        record, found = seen[id(module)], _operations(module, args, output)
        unknown = found is None or record.operations is None
        record.operations = None if unknown else record.operations + found
        record.shape = _shapes(output)

    handles = [m.register_forward_hook(look, with_kwargs=True) for m in model.modules()]
    try:
        with evaluating(model):
            model(*inputs, **options)
    finally:
        for handle in handles:
            handle.remove()


def _shapes(output: Any) -> Any:
    if isinstance(output, (tuple, list)):
        return tuple(_shapes(part) for part in output)
    return shape_of(output) if hasattr(output, "shape") else type(output).__name__


# --- the rows -----------------------------------------------------------------------------


def _rows(model: Module, depth: int | None, seen: dict[int, _Seen]) -> list[Row]:
    """A line for each leaf, each module at the limit, and each that has own parameters."""
    owned = _owned(model)
    rows = []
    for path, module in model.named_modules():
        level = path.count(".") + 1 if path else 0
        if depth is not None and level > depth:
            continue
        leaf = not any(True for _ in module.children())
        below = [module] if leaf or level != depth else list(module.modules())
        if leaf or level == depth or owned[id(module)]:
            rows.append(_row(path, module, below, seen, owned))
    return rows


def _row(
    path: str, module: Module, below: list[Module], seen: dict[int, _Seen], owned: dict[int, int]
) -> Row:
    counts = [seen[id(part)].operations for part in below]
    operations = None if None in counts else sum(n or 0 for n in counts)
    parameters = sum(owned[id(part)] for part in below)
    return Row(path, module.describe(), seen[id(module)].shape, parameters, operations)


def _owned(model: Module) -> dict[int, int]:
    """How many numbers each module has of its own; shared ones belong to the first."""
    counts = {id(module): 0 for module in model.modules()}
    for path, parameter in model.named_parameters():
        counts[id(model.get_submodule(path.rpartition(".")[0]))] += parameter.numel()
    return counts


# --- the operations -----------------------------------------------------------------------


def _operations(module: Module, args: Any, output: Any) -> int | None:
    """The multiply-adds of one call; None where a module has weights of a kind unknown here."""
    for kind, count in _COUNTS.items():
        if isinstance(module, kind):
            return count(module, args, output)
    own = module.parameters(recurse=False)
    return None if any(p.ndim > 1 for p in own) and not _is_table(module) else 0


def _is_table(module: Module) -> bool:
    return hasattr(module, "num_embeddings")


def _of_linear(module: Any, args: Any, output: Any) -> int:
    return math.prod(shape_of(output)[:-1]) * _size(module.weight)


def _of_convolution(module: Any, args: Any, output: Any) -> int:
    """Each output channel sees its group's inputs under the kernel, at every place."""
    per_output: int = _size(module.weight) // module.out_channels
    return math.prod(shape_of(output)) * per_output


def _of_transposed(module: Any, args: Any, output: Any) -> int:
    per_input: int = _size(module.weight) // module.in_channels
    return math.prod(shape_of(args[0])) * per_input


def _of_recurrent(module: Any, args: Any, output: Any) -> int:
    """Every matrix once for each step of each sequence, a packed one or a padded one."""
    rows = args[0].data if isinstance(args[0], PackedSequence) else args[0]
    return math.prod(shape_of(rows)[:-1]) * sum(
        _size(parameter) for parameter in module.parameters() if parameter.ndim == 2
    )


def _size(parameter: Any) -> int:
    return math.prod(shape_of(parameter))


_COUNTS: dict[type, Callable[[Any, Any, Any], int]] = {
    Linear: _of_linear,
    Bilinear: _of_linear,
    Convolution: _of_convolution,
    TransposedConvolution: _of_transposed,
    RecurrentLayer: _of_recurrent,
    RecurrentCell: _of_recurrent,
}
