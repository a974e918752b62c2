"""L-BFGS: Newton's direction, from the last few changes of the gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import autograd as ag
from optim.line_search import Point, strong_wolfe
from optim.optimizer import Optimizer, State
from optim.options import check_not_negative, number
from optim.vectors import gradients_of, overwrite, values_of


def lbfgs_direction(
    grad: Any, steps: Sequence[Any], changes: Sequence[Any], ro: Sequence[Any], scale: Any
) -> Any:
    """−H·∇f, with H the inverse Hessian as the last steps know it.

    For each step s = x_{k+1} − x_k, with the change y of the gradient, H is made to give
    H·y = s; before the first one it is scale·I (Nocedal 1980, the two-loop recursion).

    Args:
        grad: ∇f, a vector.
        steps, changes: the s and y, oldest first.
        ro: 1 / (y·s) of each.
        scale: usually (y·s) / (y·y) of the last.

    >>> import numpy as np
    >>> s, y = np.array([1.0, 0.0]), np.array([4.0, 0.0])
    >>> lbfgs_direction(np.array([4.0, 1.0]), [s], [y], [0.25], 0.25)
    array([-1.  , -0.25])
    """
    q, parts = -grad, []
    for s, y, r in zip(reversed(steps), reversed(changes), reversed(ro), strict=True):
        parts.append(r * (s @ q))
        q = q - parts[-1] * y
    d = scale * q
    for s, y, r in zip(steps, changes, ro, strict=True):
        d = d + (parts.pop() - r * (y @ d)) * s
    return d


class LBFGS(Optimizer):
    """L-BFGS, several iterations a step; `step` needs a closure that computes the loss.

    Args:
        params: tensors, in one group, or anything that has ``parameters()``.
        lr: the length of steps, or the first one that the line search tries.
        max_iter: the most iterations in a step.
        max_eval: the most evaluations in a step; by default 1.25·max_iter.
        tolerance_grad: stop once no element of the gradient is larger.
        tolerance_change: stop once loss or parameters change less.
        history_size: how many steps are remembered.
        line_search_fn: "strong_wolfe", or None for steps of fixed length.

    Raises:
        RangeError: a negative learning rate, several groups, or another line search.

    >>> import autograd as ag
    >>> x = ag.tensor([3.0, -4.0], requires_grad=True)
    >>> optimizer = LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (x * x * [1.0, 10.0]).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure)
    tensor(169., op=sum)
    >>> bool((x.abs() < 1e-4).all())
    True
    """

    told = "{0} + t·d, d = −H·∇ with the inverse Hessian H that the last gradients suggest"

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, options)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Take the only group.

        Raises:
            RangeError: there is one already.
        """
        if self.param_groups:
            raise ag.RangeError("LBFGS doesn't support per-parameter options (parameter groups)")
        super().add_param_group(param_group)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense.

        Raises:
            RangeError: with PyTorch's words.
        """
        check_not_negative(options, lr="learning rate")
        if options["line_search_fn"] not in (None, "strong_wolfe"):
            raise ag.RangeError("only 'strong_wolfe' is supported")
        if not options["history_size"] >= 1:
            raise ag.RangeError("history_size must be at least 1: without history, use SGD")

    def advance(self, closure: Callable[[], Any] | None = None) -> Any:
        """Iterate until a tolerance or a limit is reached.

        Returns:
            What `closure` returned first.

        Raises:
            ArgumentError: there is no closure.
        """
        if closure is None:
            raise ag.ArgumentError(
                "LBFGS evaluates the loss several times a step: write step(closure) with a "
                "function that calls zero_grad(), computes the loss, calls backward() and "
                "returns the loss."
            )
        group = self.param_groups[0]
        run = _Run(group["params"], {n: number(group[n]) for n in self.defaults}, closure)
        first = run.first
        state = self.state.setdefault(group["params"][0], {"func_evals": 0, "n_iter": 0})
        run.iterate(state)
        return first


class _Run:
    """One step of LBFGS: from the first evaluation until something says stop."""

    def __init__(
        self, params: list[ag.Tensor], options: Mapping[str, Any], closure: Callable[[], Any]
    ) -> None:
        self.params = params
        self.options = options
        self.closure = closure
        self.evaluations = 0
        self.first: Any = None
        self.loss, self.grad = self.evaluate()

    def evaluate(self) -> tuple[float, Any]:
        """Loss and gradient at the present parameters.

        Raises:
            ArgumentError: the closure returned nothing.
        """
        self.evaluations += 1
        with ag.enable_grad():
            loss = self.closure()
        if loss is None:
            raise ag.ArgumentError("The closure returns the loss: end it with `return loss`.")
        self.first = loss if self.first is None else self.first
        return float(loss), gradients_of(self.params)

    def iterate(self, state: State) -> None:
        """Go along one direction after the other."""
        options, evaluations = self.options, self.evaluations
        for left in range(options["max_iter"] - 1, -1, -1):
            if self.converged():
                break
            d = self.direction(state)
            state |= {"d": d, "prev_flat_grad": self.grad, "prev_loss": self.loss}
            first = min(1.0, 1.0 / float(abs(self.grad).sum())) if state["n_iter"] == 1 else 1.0
            t, slope = first * options["lr"], float(self.grad @ d)
            state["t"] = t
            if slope > -options["tolerance_change"]:
                break
            state["t"] = t = self.move(d, t, slope, evaluate=left > 0)
            small = float(abs(d * t).max()) <= options["tolerance_change"]
            same = abs(self.loss - state["prev_loss"]) < options["tolerance_change"]
            if self.evaluations >= options["max_eval"] or small or same:
                break
        state["func_evals"] += self.evaluations - evaluations + 1

    def converged(self) -> bool:
        """Whether the gradient is as good as zero."""
        return bool(abs(self.grad).max() <= self.options["tolerance_grad"])

    def direction(self, state: State) -> Any:
        """Remember the last step, and take the next direction from all that are remembered."""
        state["n_iter"] += 1
        if state["n_iter"] == 1:
            state |= {"old_stps": [], "old_dirs": [], "ro": [], "H_diag": 1.0}
            return -self.grad
        self.remember(state, state["d"] * state["t"], self.grad - state["prev_flat_grad"])
        memory = (state["old_stps"], state["old_dirs"], state["ro"])
        return lbfgs_direction(self.grad, *memory, state["H_diag"])

    def remember(self, state: State, s: Any, y: Any) -> None:
        """Note a step and the change of the gradient on it, if the curvature is positive."""
        curvature = float(y @ s)
        if not curvature > 1e-10:
            return
        for name, item in (("old_stps", s), ("old_dirs", y), ("ro", 1.0 / curvature)):
            state[name] = [*state[name], item][-self.options["history_size"] :]
        state["H_diag"] = curvature / float(y @ y)

    def move(self, d: Any, t: float, slope: float, evaluate: bool) -> float:
        """Go t along d, or as far as the line search says; returns how far."""
        origin = values_of(self.params)
        if self.options["line_search_fn"] is None:
            overwrite(self.params, origin + t * d)
            if evaluate:
                self.loss, self.grad = self.evaluate()
            return t

        def at(t: float) -> Point:
            overwrite(self.params, origin + t * d)
            loss, grad = self.evaluate()
            return Point(t, loss, grad, float(grad @ d))

        found = strong_wolfe(
            at,
            Point(0.0, self.loss, self.grad, slope),
            t,
            float(abs(d).max()),
            tolerance=self.options["tolerance_change"],
            rounds=self.options["max_eval"] - self.evaluations,
        )
        self.loss, self.grad = found.loss, found.grad
        overwrite(self.params, origin + found.t * d)
        return found.t
