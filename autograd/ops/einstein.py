"""Einstein sums: products over named dimensions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import ArgumentError, ShapeError
from autograd.core.primitive import call, refuses
from autograd.core.summation import total
from autograd.ops.contraction import one_dtype
from autograd.ops.recurrence import array_of
from autograd.ops.reduction import broadcast_to
from autograd.ops.shape import reshape

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LARGE = 1024
"""From this many elements on, looking for a matrix product pays."""


def _split(equation: str) -> tuple[list[str], str]:
    inputs, _, output = equation.partition("->")
    return inputs.split(","), output


def _kept(labels: str, others: Iterable[str]) -> str:
    """The letters of an operand that others have too, each once."""
    wanted = set("".join(others))
    return "".join(letter for letter in dict.fromkeys(labels) if letter in wanted)


def _reduced(x: Any, labels: str, kept: str) -> Any:
    """x on its diagonals (of repeated letters), summed over the letters that are not kept."""
    unique = "".join(dict.fromkeys(labels))
    if unique != labels:
        x = np.einsum(f"{labels}->{unique}", x)
    gone = tuple(axis for axis, letter in enumerate(unique) if letter not in kept)
    return total(x, gone) if gone else x


def _spread(r: Any, labels: str, kept: str, shape: tuple[int, ...]) -> Any:
    """The adjoint of `_reduced`: handed out to what was summed, on diagonals only."""
    if kept == labels and tuple(r.shape) == shape:
        return r
    sizes = dict(zip(kept, r.shape, strict=True))
    first = {letter: labels.index(letter) for letter in labels}
    places = enumerate(labels)
    r = reshape(r, [sizes.get(c, 1) if first[c] == axis else 1 for axis, c in places])
    for axis, letter in enumerate(labels):
        if first[letter] != axis:
            r = r * _same_place(array_of(r), shape, first[letter], axis)
    wanted = np.broadcast_shapes(r.shape, shape)
    return r if tuple(r.shape) == wanted else broadcast_to(r, wanted)


def _same_place(like: Any, shape: tuple[int, ...], a: int, b: int) -> Any:
    """A mask over `shape` that is true where the positions along axes a and b are equal."""
    index = np.arange(shape[a], like=like)
    rank = len(shape)
    one = np.reshape(index, [-1 if axis == a else 1 for axis in range(rank)])
    other = np.reshape(index, [-1 if axis == b else 1 for axis in range(rank)])
    return one == other


def _to_only(g: Any, x_shape: tuple[int, ...], equation: str) -> Any:
    """g, handed out to the elements that were summed, on the diagonals that were taken"""
    (labels,), output = _split(equation)
    kept = _kept(labels, [output])
    return _spread(einsum_of_one(g, f"{output}->{kept}"), labels, kept, x_shape)


@primitive(
    symbol="einsum",
    formula="einsum_of_one(x)",
    vjp=(_to_only,),
    linear=True,
    lesson="Elements that were summed get the gradient of their sum; those left out get zero.",
    samples=lambda draw: [
        call(draw(3, 3), "ii->i"),
        call(draw(2, 3), "ij->ji"),
        call(draw(2, 2, 3), "iij->j"),
    ],
    view=True,
)
def einsum_of_one(x: Any, *, equation: str) -> Any:
    """One operand of `einsum`: diagonals, sums over letters, another order of dimensions.

    ∂/∂x = g handed out to what was summed, zero beside the diagonals.
    """
    (labels,), output = _split(equation)
    kept = _kept(labels, [output])
    reduced = _reduced(x, labels, kept)
    return np.transpose(reduced, [kept.index(letter) for letter in output])


def _to_left(
    g: Any, y: Any, x_shape: tuple[int, ...], y_shape: tuple[int, ...], equation: str
) -> Any:
    """the Einstein sum of g and y over the letters that x lacks"""
    (left, right), output = _split(equation)
    kept = _kept(left, [right, output])
    return _spread(einsum_of_two(g, y, f"{output},{right}->{kept}"), left, kept, x_shape)


def _to_right(g: Any, x: Any, y_shape: tuple[int, ...], equation: str) -> Any:
    """the Einstein sum of g and x over the letters that y lacks"""
    (left, right), output = _split(equation)
    kept = _kept(right, [left, output])
    return _spread(einsum_of_two(g, x, f"{output},{left}->{kept}"), right, kept, y_shape)


@primitive(
    symbol="einsum",
    formula="einsum_of_two(x, y)",
    vjp=(_to_left, _to_right),
    multilinear=True,
    lesson="Each factor gets the gradient times the other one, summed over the letters it lacks.",
    samples=lambda draw: [
        call(draw(2, 3), draw(3, 2), "ij,jk->ik"),
        call(draw(3, 3), draw(3), "ii,i->i"),
        call(draw(2, 3), draw(2), "ij,k->k"),
        call(draw(1, 3), draw(2, 3), "ij,ij->j"),
        refuses("one dtype", np.ones(2), np.ones(2, np.float32), "i,i->"),
    ],
)
def einsum_of_two(x: Any, y: Any, *, equation: str) -> Any:
    """Two operands of `einsum`: Σ x·y over the letters that the result lacks.

    ∂/∂x = the Einstein sum of g and y over the letters that x lacks.

    Raises:
        DTypeError: the dtypes differ.
    """
    one_dtype("einsum", x, y)
    (left, right), output = _split(equation)
    x_kept, y_kept = _kept(left, [right, output]), _kept(right, [left, output])
    x, y = _reduced(x, left, x_kept), _reduced(y, right, y_kept)
    large = x.size + y.size > _LARGE
    return np.einsum(f"{x_kept},{y_kept}->{output}", x, y, optimize=large)


# --- reading an equation ---------------------------------------------------------------


def _from_lists(args: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """``einsum(x, [0, 1], y, [1, 2], [0, 2])``, with letters for the numbers."""
    operands, lists = args[: len(args) // 2 * 2 : 2], args[1::2]
    output = [args[-1]] if len(args) % 2 else []
    terms = [_letters(numbers) for numbers in (*lists, *output)]
    inputs = ",".join(terms[: len(operands)])
    return f"{inputs}->{terms[-1]}" if output else inputs, tuple(operands)


def _letters(numbers: Any) -> str:
    return "".join("..." if n is Ellipsis else LETTERS[int(n)] for n in numbers)


def _refuse(equation: str, reason: str) -> None:
    raise ShapeError(f"einsum({equation!r}): {reason}")


def _explicit(equation: str, shapes: list[tuple[int, ...]]) -> str:
    """The equation with its output written out and letters in place of the ellipses.

    Raises:
        ShapeError: the equation cannot be read, or does not fit the shapes.
    """
    written = equation.replace(" ", "")
    inputs, arrow, output = written.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(shapes):
        _refuse(equation, f"{len(terms)} operand(s) are written and {len(shapes)} are given.")
    strange = set(written.replace("...", "").replace("->", "")) - {*LETTERS, ","}
    if strange:
        _refuse(equation, f"{sorted(strange)} cannot be read; a dimension is a letter.")
    terms, dots = _without_dots(equation, terms, shapes)
    if not arrow:
        counts = Counter("".join(terms))
        output = "..." + "".join(sorted(c for c in counts if counts[c] == 1 and c not in dots))
    output = output.replace("...", dots, 1)
    _check(equation, terms, output, shapes)
    return f"{','.join(terms)}->{output}"


def _without_dots(
    equation: str, terms: list[str], shapes: list[tuple[int, ...]]
) -> tuple[list[str], str]:
    """The terms with letters for the dimensions that ``...`` stands for, and these letters."""
    missing = [
        len(shape) - len(term.replace("...", "")) if "..." in term else 0
        for term, shape in zip(terms, shapes, strict=True)
    ]
    free = [letter for letter in LETTERS if letter not in equation]
    most = max(missing)
    if most > len(free):
        _refuse(equation, "there are more dimensions than letters.")
    dots = "".join(free[:most])
    found = [
        t.replace("...", dots[most - max(n, 0) :], 1) for t, n in zip(terms, missing, strict=True)
    ]
    return found, dots


def _check(equation: str, terms: list[str], output: str, shapes: list[tuple[int, ...]]) -> None:
    """Each operand has a dimension for each letter, and sizes agree or are 1."""
    sizes: dict[str, int] = {}
    for number, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        if len(term) != len(shape):
            _refuse(
                equation,
                f"operand {number} is written with {len(term)} dimension(s), and its shape is "
                f"{shape}.",
            )
        for letter, size in zip(term, shape, strict=True):
            if size != 1 and sizes.setdefault(letter, size) != size:
                _refuse(equation, f"{letter} has sizes {sizes[letter]} and {size}.")
    for letter in output:
        if letter not in "".join(terms):
            _refuse(equation, f"{letter} is in the result, but in no operand.")
        if output.count(letter) > 1:
            _refuse(equation, f"{letter} appears twice in the result.")


def _in_pairs(equation: str, operands: Sequence[Any]) -> Any:
    """Three or more operands, two at a time in an order that keeps the pieces small."""
    terms, output = _split(equation)
    tensors = list(operands)
    dummies = [np.broadcast_to(0.0, np.shape(array_of(x))) for x in operands]
    for step in np.einsum_path(equation, *dummies, optimize="greedy")[0][1:]:
        chosen = [(terms.pop(i), tensors.pop(i)) for i in sorted(step, reverse=True)]
        label, result = chosen.pop()
        while chosen:
            other, tensor = chosen.pop()
            rest = [output, *terms, *(term for term, _ in chosen)]
            made = _kept(label + other, rest) if terms or chosen else output
            result = einsum_of_two(result, tensor, f"{label},{other}->{made}")
            label = made
        terms.append(label)
        tensors.append(result)
    return tensors[0]


def _np_einsum(*args: Any, optimize: Any = None) -> Any:
    """``np.einsum``, whose `optimize` is decided here by size."""
    return einsum(*args)


@composition(
    symbol="einsum",
    formula="einsum(x, y)",
    lesson="Each operand gets the gradient times all others, summed over the letters it lacks.",
    samples=lambda draw: [
        call("ij,jk->ik", draw(2, 3), draw(3, 2)),
        call("ii->", draw(3, 3)),
        call("ij->", draw(2, 3)),
        call("ba", draw(2, 3)),
        call("...i,...i->...", draw(2, 3), draw(1, 3)),
        call("i,j", [draw(2), draw(3)]),
        call("bi,ijk,bk->bj", draw(2, 2), draw(2, 3, 2), draw(2, 2)),
        call(draw(2, 3), [0, 1], draw(3, 2), [1, 2], [0, 2]),
        call("ij,jk", draw(2, 1), draw(3, 2)),
        refuses("are written and", "ij,jk->ik", np.ones((2, 2))),
        refuses("is written with", "ij->i", np.ones(3)),
        refuses("has sizes", "ij,jk->ik", np.ones((2, 3)), np.ones((2, 3))),
        refuses("in no operand", "ij->ik", np.ones((2, 2))),
        refuses("appears twice", "ij->ii", np.ones((2, 2))),
        refuses("cannot be read", "i1->i", np.ones((2, 2))),
        refuses("an equation", np.ones(3)),
    ],
    numpy=((np.einsum, _np_einsum),),
)
def einsum(*args: Any) -> Any:
    """Sums of products over named dimensions: ``einsum("ij,jk->ik", x, y)`` is ``x @ y``.

    A letter names a dimension. One that the result lacks is summed over; one that an
    operand repeats takes the diagonal; ``...`` stands for dimensions that broadcast.
    Without ``->`` the result has the letters that appear once, in alphabetical order.
    The operands may come as a list, and as ``einsum(x, [0, 1], y, [1, 2], [0, 2])``.

    Raises:
        ShapeError: the equation cannot be read, or does not fit the shapes.
        ArgumentError: there is no equation, or no operand.
    """
    if not args or len(args) < 2:
        raise ArgumentError('einsum() takes an equation and operands: einsum("ij,jk->ik", x, y).')
    if isinstance(args[0], str):
        given = args[1] if len(args) == 2 and isinstance(args[1], (list, tuple)) else args[1:]
        equation, operands = args[0], tuple(given)
    else:
        equation, operands = _from_lists(args)
    equation = _explicit(equation, [tuple(np.shape(array_of(x))) for x in operands])
    if len(operands) == 1:
        return einsum_of_one(operands[0], equation)
    if len(operands) == 2:
        return einsum_of_two(*operands, equation)
    return _in_pairs(equation, operands)
