"""Are the gradients right? Compared with central differences, order by order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.core.errors import ArgumentError, GlassError
from autograd.core.mode import enable_grad
from autograd.core.tensor import Tensor
from autograd.functional import grad

Inputs = Tensor | Sequence[Tensor]


class GradientCheckError(GlassError, AssertionError):
    """An analytic gradient that differs from the central difference."""


def gradcheck(
    function: Callable[..., Any],
    inputs: Inputs,
    *,
    eps: float = 1e-6,
    atol: float = 1e-7,
    rtol: float = 1e-5,
) -> bool:
    """Compare the gradients of a function with central differences.

    (f(x + εe) − f(x − εe)) / 2ε is computed for each element of each input that requires
    a gradient, with f projected on a fixed random direction where it is no scalar.

    Args:
        function: takes the inputs, returns a tensor or several.
        inputs: float64 tensors; those with ``requires_grad`` are checked.
        eps: the step ε.
        atol, rtol: |analytic − numeric| may be at most atol + rtol·|numeric|.

    Returns:
        True, always: a difference is an error.

    Raises:
        GradientCheckError: with operand, index, analytic and numeric value.
        ArgumentError: no input requires a gradient, or one is not float64; what is given is
            no function, or returns no tensor of a floating type.
    """
    operands = _operands(function, inputs)
    checked = _checked(operands)
    with enable_grad():
        outputs = _outputs(function(*operands))
        directions = _directions(outputs)
        analytic = _analytic(outputs, directions, [operands[i] for i in checked])
    for i, gradient in zip(checked, analytic, strict=True):
        numeric = _numeric(function, operands, i, directions, eps)
        _compare(i, operands[i], gradient, numeric, atol, rtol)
    return True


def gradgradcheck(
    function: Callable[..., Any],
    inputs: Inputs,
    *,
    eps: float = 1e-6,
    atol: float = 1e-7,
    rtol: float = 1e-5,
) -> bool:
    """Compare the second derivatives of a function with differences of the first.

    Arguments and errors are those of `gradcheck`.
    """
    operands = _operands(function, inputs)
    checked = _checked(operands)

    def first_order(*tensors: Tensor) -> list[Tensor]:
        outputs = _outputs(function(*tensors))
        wanted = [tensors[i] for i in checked]
        directions = [Tensor(d) for d in _directions(outputs)]
        gradients = grad(outputs, wanted, directions, create_graph=True, allow_unused=True)
        return [g for g in gradients if g is not None and g.requires_grad]

    if not first_order(*operands):
        return True
    return gradcheck(first_order, operands, eps=eps, atol=atol, rtol=rtol)


def _operands(function: Any, inputs: Any) -> list[Tensor]:
    if not callable(function):
        raise ArgumentError(f"gradcheck(): the first argument is a function, not {function!r:.60}")
    if isinstance(inputs, Tensor):
        return [inputs]
    if not isinstance(inputs, (list, tuple)):
        raise ArgumentError(
            f"gradcheck(): the inputs are a tensor, or several in a tuple, not {inputs!r:.60}"
        )
    return list(inputs)


def _checked(operands: list[Tensor]) -> list[int]:
    found = [i for i, t in enumerate(operands) if isinstance(t, Tensor) and t.requires_grad]
    if not found:
        raise ArgumentError("gradcheck(): no input requires a gradient, so nothing is checked.")
    for i in found:
        if operands[i].dtype != np.float64:
            raise ArgumentError(
                f"gradcheck(): input {i} is {operands[i].dtype}; differences need float64."
            )
    return found


def _outputs(result: Any) -> list[Tensor]:
    """The outputs of floating type that depend on the inputs."""
    tensors = list(result) if isinstance(result, (tuple, list)) else [result]
    found = [t for t in tensors if isinstance(t, Tensor) and t.dtype.kind == "f"]
    if not found:
        raise ArgumentError(
            f"gradcheck(): the function returns no tensor of a floating type, but {result!r:.60}; "
            "nothing can be checked."
        )
    return found


def _directions(outputs: list[Tensor]) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.uniform(0.5, 1.5, size=t.shape) for t in outputs]


def _analytic(outputs: list[Tensor], directions: list[Any], inputs: list[Tensor]) -> list[Any]:
    pairs = [(t, d) for t, d in zip(outputs, directions, strict=True) if t.requires_grad]
    if not pairs:
        return [np.zeros(t.shape) for t in inputs]
    roots, seeds = [t for t, _ in pairs], [d for _, d in pairs]
    gradients = grad(roots, inputs, seeds, allow_unused=True)
    return [
        np.zeros(t.shape) if g is None else g.data for t, g in zip(inputs, gradients, strict=True)
    ]


def _numeric(
    function: Callable[..., Any], operands: list[Any], i: int, directions: list[Any], eps: float
) -> Any:
    base = operands[i].data
    result = np.zeros_like(base)
    for index in np.ndindex(base.shape):
        both = []
        for step in (eps, -eps):
            moved = base.copy()
            moved[index] += step
            both.append(_projected(function, operands, i, moved, directions))
        result[index] = (both[0] - both[1]) / (2 * eps)
    return result


def _projected(
    function: Callable[..., Any], operands: list[Any], i: int, moved: Any, directions: list[Any]
) -> float:
    """The function at a moved operand, projected on the directions."""
    changed = [Tensor(moved, requires_grad=True) if j == i else t for j, t in enumerate(operands)]
    outputs = _outputs(function(*changed))
    return float(sum(float((t.data * d).sum()) for t, d in zip(outputs, directions, strict=True)))


def _compare(i: int, tensor: Tensor, analytic: Any, numeric: Any, atol: float, rtol: float) -> None:
    wrong = ~(np.abs(analytic - numeric) <= atol + rtol * np.abs(numeric))
    if not wrong.any():
        return
    index = tuple(int(k) for k in np.argwhere(wrong)[0])
    where = f"[{', '.join(map(str, index))}]" if index else ""
    raise GradientCheckError(
        f"The gradient of operand {tensor.name or i} is wrong at {int(wrong.sum())} of "
        f"{wrong.size} element(s), first at {where or 'its only one'}: analytic "
        f"{analytic[index]:.10g}, numeric {numeric[index]:.10g}."
    )
