"""Derivatives of functions: vjp, jvp, jacobian, hessian, their products, value_and_grad.

Names, arguments and results are those of ``torch.autograd.functional``; inputs and
outputs may be tuples, lists and dicts of tensors, nested at will.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.errors import ArgumentError, GradientError, ShapeError
from autograd.core.graph import entry
from autograd.core.mode import enable_grad
from autograd.core.node import as_array, wrap
from autograd.core.push import push
from autograd.core.sweep import Towards
from autograd.core.tensor import Tensor
from autograd.core.trees import leaves_of, rebuilt
from autograd.functional import collect, grad
from autograd.ops.joining import stack

Function = Callable[..., Any]
Tree = Any
"""A tensor, or tuples, lists and dicts of tensors."""


def value_and_grad(function: Function) -> Function:
    """A function that returns the value of a scalar function and its gradients.

    The gradients are those by the first argument, and have its form.

    >>> import autograd as ag
    >>> value_and_grad(lambda p: p["w"] ** 2)({"w": ag.tensor(3.0)})
    (tensor(9.), {'w': tensor(6.)})
    """

    @functools.wraps(function)
    def both(first: Tree, *rest: Any, **kwargs: Any) -> tuple[Tensor, Tree]:
        with enable_grad():
            inputs = _fresh(first, create_graph=False)
            value = function(inputs, *rest, **kwargs)
        leaves = leaves_of(inputs, "The inputs")
        gradients = _filled(grad(value, leaves, allow_unused=True), leaves)
        return value.detach(), rebuilt(first, gradients)

    return both


def vjp(
    func: Function, inputs: Tree, v: Tree = None, create_graph: bool = False
) -> tuple[Tree, Tree]:
    """The value f(x) and vᵀ·J, the gradient of ⟨v, f(x)⟩.

    Args:
        func: takes the inputs (the parts of a tuple one by one) and returns tensors.
        inputs: where to differentiate.
        v: of the form of the outputs; may be left out for a single number.
        create_graph: give the results a history, so that they can be differentiated.

    Raises:
        GradientError: `v` is needed, or the value does not depend on the inputs.
        ShapeError: `v` has another shape than the outputs.
    """
    fresh, outputs = _called(func, inputs, create_graph)
    outs, leaves = leaves_of(outputs, "The outputs"), leaves_of(fresh, "The inputs")
    vectors = [None] * len(outs) if v is None else leaves_of(v, "v")
    _same_count(vectors, outs, "v", "outputs")
    pairs = [(o, u) for o, u in zip(outs, vectors, strict=True) if o.requires_grad]
    found: Any = [None] * len(leaves)
    if pairs:
        roots, seeds = [o for o, _ in pairs], [u for _, u in pairs]
        found = grad(roots, leaves, seeds, create_graph=create_graph, allow_unused=True)
    return _results(outputs, outs, create_graph), rebuilt(inputs, _filled(found, leaves))


def jvp(
    func: Function, inputs: Tree, v: Tree = None, create_graph: bool = False
) -> tuple[Tree, Tree]:
    """The value f(x) and J·v, the directional derivative along v, in forward mode.

    Args:
        func: takes the inputs (the parts of a tuple one by one) and returns tensors.
        inputs: where to differentiate.
        v: the direction, of the form of the inputs; may be left out for a single number.
        create_graph: give the results a history, so that they can be differentiated.

    Raises:
        GradientError: `v` is needed.
        ShapeError: `v` has another shape than the inputs.
    """
    fresh, outputs = _called(func, inputs, create_graph)
    outs, leaves = leaves_of(outputs, "The outputs"), leaves_of(fresh, "The inputs")
    vectors = _directions(leaves, v)
    given = {
        entry(leaf): u if create_graph else u.data for leaf, u in zip(leaves, vectors, strict=True)
    }
    with np.errstate(all="ignore"):
        found = push(map(entry, outs), given, Tensor, recorded=create_graph)
    tangents = [_tangent(t, out) for t, out in zip(found, outs, strict=True)]
    return _results(outputs, outs, create_graph), rebuilt(outputs, tangents)


def jacobian(func: Function, inputs: Tree, create_graph: bool = False) -> Tree:
    """∂f_i/∂x_j for all elements: of shape output.shape + input.shape, for each pair.

    For one output and one input a tensor; else nested in the form of the outputs, each
    with the form of the inputs.
    """
    fresh, outputs = _called(func, inputs, create_graph)
    leaves = leaves_of(fresh, "The inputs")
    blocks = [
        rebuilt(inputs, _rows(output, leaves, create_graph))
        for output in leaves_of(outputs, "The outputs")
    ]
    return rebuilt(outputs, blocks)


def hessian(func: Function, inputs: Tree, create_graph: bool = False) -> Tree:
    """∂²f/∂x_i∂x_j of a scalar function: the Jacobian of its gradient.

    Raises:
        GradientError: the function's value is not a single number.
    """
    _check_function(func)

    def gradient(*parts: Any) -> Any:
        at = parts if isinstance(inputs, tuple) else parts[0]
        value = _scalar(func(*parts), "hessian()")
        leaves = leaves_of(at, "The inputs")
        if not value.requires_grad:
            return rebuilt(at, [leaf * 0.0 for leaf in leaves])
        found = grad(value, leaves, create_graph=True, allow_unused=True)
        return rebuilt(at, _filled(found, leaves))

    return jacobian(gradient, inputs, create_graph)


def hvp(
    func: Function, inputs: Tree, v: Tree = None, create_graph: bool = False
) -> tuple[Tree, Tree]:
    """The value of a scalar function and H·v: forward mode over its gradient.

    The cost is a small multiple of one gradient (Pearlmutter 1994).
    """
    return _second_order(func, inputs, v, create_graph, forward=True)


def vhp(
    func: Function, inputs: Tree, v: Tree = None, create_graph: bool = False
) -> tuple[Tree, Tree]:
    """The value of a scalar function and vᵀ·H: backward mode over its gradient."""
    return _second_order(func, inputs, v, create_graph, forward=False)


def _second_order(
    func: Function, inputs: Tree, v: Tree, create_graph: bool, forward: bool
) -> tuple[Tree, Tree]:
    fresh, output = _called(func, inputs, create_graph)
    value = _scalar(output, "hvp()" if forward else "vhp()")
    leaves = leaves_of(fresh, "The inputs")
    vectors = _directions(leaves, v)
    first = _filled(grad(value, leaves, create_graph=True, allow_unused=True), leaves)
    if forward:
        given = {
            entry(x): u if create_graph else u.data for x, u in zip(leaves, vectors, strict=True)
        }
        with np.errstate(all="ignore"):
            found = push(map(entry, first), given, Tensor, recorded=create_graph)
        result = [_tangent(t, x) for t, x in zip(found, leaves, strict=True)]
    else:
        pairs = [(g, u) for g, u in zip(first, vectors, strict=True) if g.requires_grad]
        back: Any = [None] * len(leaves)
        if pairs:
            roots, seeds = [g for g, _ in pairs], [u for _, u in pairs]
            back = grad(roots, leaves, seeds, create_graph=create_graph, allow_unused=True)
        result = _filled(back, leaves)
    return _results(output, [value], create_graph), rebuilt(inputs, result)


# --- pieces ---------------------------------------------------------------------------


def _called(func: Function, inputs: Tree, create_graph: bool) -> tuple[Tree, Tree]:
    """Inputs that are leaves of their own, and the function's value at them."""
    _check_function(func)
    with enable_grad():
        fresh = _fresh(inputs, create_graph)
        outputs = func(*fresh) if isinstance(fresh, tuple) else func(fresh)
    return fresh, outputs


def _check_function(func: Any) -> None:
    if not callable(func):
        raise ArgumentError(
            f"The first argument is a function of the inputs, not {func!r:.60}; of a tensor that "
            "has been computed, grad(y, x) is the derivative."
        )


def _fresh(inputs: Tree, create_graph: bool) -> Tree:
    """The inputs as new leaves; with `create_graph` as copies that keep their history."""

    def fresh(tensor: Tensor) -> Tensor:
        if create_graph and tensor.requires_grad:
            return tensor.clone()
        return tensor.detach().requires_grad_()

    leaves = leaves_of(inputs, "The inputs")
    return rebuilt(inputs, [fresh(leaf) for leaf in leaves])


def _directions(leaves: list[Tensor], v: Tree) -> list[Tensor]:
    """`v` as tensors of the shapes of `leaves`."""
    if v is None:
        if len(leaves) != 1 or leaves[0].numel() != 1:
            raise GradientError(
                "A direction v is needed, of the form of the inputs; only for a single number "
                "can it be left out."
            )
        return [wrap(Tensor, np.ones_like(leaves[0].data))]
    vectors = leaves_of(v, "v")
    _same_count(vectors, leaves, "v", "inputs")
    for vector, leaf in zip(vectors, leaves, strict=True):
        if vector.shape != leaf.shape:
            raise ShapeError(f"v has shape {vector.shape} where the input has {leaf.shape}.")
    return vectors


def _same_count(found: list[Any], wanted: list[Any], name: str, other: str) -> None:
    if len(found) != len(wanted):
        raise ArgumentError(f"{name} has {len(found)} tensor(s), the {other} have {len(wanted)}.")


def _filled(gradients: Any, leaves: list[Tensor]) -> list[Tensor]:
    """Gradients as tensors, zeros where there is no derivative."""
    return [
        _zeros(leaf) if g is None else g if isinstance(g, Tensor) else wrap(Tensor, as_array(g))
        for g, leaf in zip(gradients, leaves, strict=True)
    ]


def _zeros(leaf: Tensor) -> Tensor:
    made: Tensor = wrap(Tensor, np.zeros_like(leaf.data))
    return made


def _tangent(tangent: Any, like: Tensor) -> Tensor:
    if isinstance(tangent, Tensor):
        return tangent
    array = np.zeros_like(like.data) if tangent is None else as_array(tangent)
    made: Tensor = wrap(Tensor, array)
    return made


def _results(outputs: Tree, outs: list[Tensor], create_graph: bool) -> Tree:
    return outputs if create_graph else rebuilt(outputs, [out.detach() for out in outs])


def _scalar(value: Any, call: str) -> Tensor:
    if not isinstance(value, Tensor) or value.numel() != 1:
        shape = value.shape if isinstance(value, Tensor) else type(value).__name__
        raise GradientError(
            f"{call}: a Hessian is of a function whose value is a single number; this one "
            f"gives {shape}. Reduce it first (.sum() or .mean())."
        )
    return value


def _rows(output: Tensor, leaves: list[Tensor], create_graph: bool) -> list[Tensor]:
    """One block per input: a backward pass for each element of the output."""
    if not output.requires_grad:
        return [_block([_zeros(leaf)] * output.numel(), output, leaf) for leaf in leaves]
    root, places = entry(output), [entry(leaf) for leaf in leaves]
    towards = Towards([root], places)
    rows: list[list[Tensor]] = []
    for index in np.ndindex(output.shape):
        seed: Any = np.zeros_like(output.data)
        seed[index] = 1
        start = wrap(Tensor, seed) if create_graph else seed
        found = collect([(root, start)], places, Tensor if create_graph else None, towards)
        rows.append(_filled([found.get(place) for place in places], leaves))
    return [_block([row[i] for row in rows], output, leaf) for i, leaf in enumerate(leaves)]


def _block(rows: list[Tensor], output: Tensor, leaf: Tensor) -> Tensor:
    shape = output.shape + leaf.shape
    if not rows:
        empty: Tensor = wrap(Tensor, np.zeros(shape, leaf.dtype))
        return empty
    if any(row.requires_grad for row in rows):
        from_rows: Tensor = stack(rows).reshape(shape)
        return from_rows
    made: Tensor = wrap(Tensor, np.stack([row.data for row in rows]).reshape(shape))
    return made
