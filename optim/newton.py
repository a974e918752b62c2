"""Newton's method: the whole Hessian, for a few parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_not_negative, number
from optim.vectors import overwrite, values_of

LARGEST = 2000
"""More parameters than this have a Hessian that nobody wants to wait for."""


def newton_update(
    param: Any, grad: Any, state: State, *, hessian: Any, lr: Any = 1.0, damping: Any = 0.0
) -> tuple[Any, State]:
    """One step of Newton's method, x ← x − lr·(H + damping·I)⁻¹∇f.

    On a quadratic surface one step reaches the point where the gradient is zero; damping
    turns the step towards steepest descent, and keeps it downhill where some curvature is
    negative (Levenberg 1944; the plain step is the lectures', section 2).

    Args:
        param, grad: x and ∇f, vectors.
        state: handed on as it is.
        hessian: H, a matrix.
        lr, damping: numbers, or tensors of shape ().

    >>> import numpy as np
    >>> x, h = np.array([3.0, -4.0]), np.diag([2.0, 20.0])
    >>> newton_update(x, h @ x, {}, hessian=h)[0]
    array([0., 0.])
    """
    curvature = hessian + damping * np.eye(len(hessian), dtype=hessian.dtype)
    return param - lr * ag.solve(curvature, grad), state


class Newton(Optimizer):
    """Newton's method by `newton_update` on all parameters together, for small problems.

    `step` needs a closure that computes the loss and returns it; it need not call
    ``backward()``.

    Args:
        params: tensors, in one group, or anything that has ``parameters()``.
        lr: the part of the step that is taken.
        damping: added to the diagonal of the Hessian.

    Raises:
        RangeError: a negative number, several groups, or more than 2,000 elements.

    >>> import autograd as ag
    >>> x = ag.tensor([3.0, -4.0], requires_grad=True)
    >>> loss = Newton([x]).step(lambda: (x * x * [1.0, 10.0]).sum())
    >>> x
    tensor([0., 0.], requires_grad=True)
    """

    update = staticmethod(newton_update)
    told = "{0} − lr·(H + damping·I)⁻¹·∇, with the Hessian H of all parameters"

    def __init__(self, params: Any, lr: float = 1.0, damping: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "damping": damping})

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Take the only group.

        Raises:
            RangeError: there is one already, or it is too large.
        """
        if self.param_groups:
            raise ag.RangeError("Newton takes one group: its Hessian is that of all parameters")
        super().add_param_group(param_group)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense.

        Raises:
            RangeError: a negative number, or too many elements.
        """
        check_not_negative(options, lr="learning rate", damping="damping value")
        elements = sum(param.data.size for param in options["params"])
        if elements > LARGEST:
            raise ag.RangeError(
                f"The Hessian of {elements} elements has {elements**2} entries; Newton takes up "
                f"to {LARGEST}. LBFGS needs a few vectors only."
            )

    def advance(self, closure: Callable[[], Any] | None = None) -> Any:
        """Differentiate the loss twice, and take one step.

        Returns:
            What `closure` returned.

        Raises:
            ArgumentError: there is no closure.
        """
        if closure is None:
            raise ag.ArgumentError(
                "Newton differentiates the loss itself: write step(closure) with a function "
                "that computes the loss and returns it."
            )
        group = self.param_groups[0]
        params = [param for param in group["params"] if param.requires_grad]
        with ag.enable_grad():
            loss = closure()
            grad, hessian = _derivatives(loss, params)
        options = {name: number(group[name]) for name in self.defaults}
        vector, _ = newton_update(values_of(params), grad, {}, hessian=hessian, **options)
        overwrite(params, vector)
        return loss


def _derivatives(loss: ag.Tensor, params: list[ag.Tensor]) -> tuple[Any, Any]:
    """∇f and H, by differentiating every element of the gradient."""
    slopes = ag.grad(loss, params, create_graph=True, allow_unused=True)
    grad = _flat(slopes, params)
    rows = [
        _flat(ag.grad(element, params, allow_unused=True), params).data
        if element.requires_grad
        else np.zeros_like(grad.data)
        for element in ag.unbind(grad)
    ]
    return grad.data, np.stack(rows)


def _flat(found: Any, params: list[ag.Tensor]) -> ag.Tensor:
    """One vector of gradients, zeros for a parameter that the loss does not depend on."""
    parts = [ag.zeros_like(p) if g is None else g for g, p in zip(found, params, strict=True)]
    return ag.cat([part.reshape(-1) for part in parts])
