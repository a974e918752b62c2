"""What a small operation costs, with the graph recorded."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Inputs, Run, workload

COUNT = 100
OPERATIONS = ("mul", "add", "tanh")


def _cases() -> list[Case]:
    alone = [Case(f"{name}, alone, forward", 0.6, COUNT) for name in OPERATIONS]
    forward = [Case(f"{name}, chain, forward", 0.6, COUNT) for name in OPERATIONS]
    both = [Case(f"{name}, chain, forward and backward", 0.45, COUNT) for name in OPERATIONS]
    return alone + forward + both


@workload(
    f"One operation on shape (32,), float32: {COUNT} of them on the same operands, and a chain "
    f"of {COUNT} with one backward pass. Source capture is off; times are for one operation.",
    *_cases(),
    threads=(1,),
)
def small_op(rng: np.random.Generator) -> Inputs:
    """Numbers near 1, so that a product of a hundred stays in range."""
    names = ("x", "y", "g")
    return {name: rng.uniform(0.99, 1.01, 32).astype(np.float32) for name in names}


def _alone(operation: str, x: Any, y: Any, tanh: Any) -> Any:
    """The same operation again and again; only the last result is kept."""
    out = x
    if operation == "mul":
        for _ in range(COUNT):
            out = x * y
    elif operation == "add":
        for _ in range(COUNT):
            out = x + y
    else:
        for _ in range(COUNT):
            out = tanh(x)
    return out


def _chain(operation: str, x: Any, y: Any, tanh: Any) -> Any:
    """Each operation on the result of the one before."""
    out = x
    if operation == "mul":
        for _ in range(COUNT):
            out = out * y
    elif operation == "add":
        for _ in range(COUNT):
            out = out + y
    else:
        for _ in range(COUNT):
            out = tanh(out)
    return out


def _program(case: str) -> tuple[str, Any, bool]:
    operation, form, *_ = case.split(", ")
    return operation, _alone if form == "alone" else _chain, case.endswith("backward")


def _with_leaves(case: str, x: Any, y: Any, g: Any, tanh: Any) -> Run:
    """For libraries whose leaves hold their gradients."""
    operation, program, backward = _program(case)

    def forward() -> Any:
        return program(operation, x, y, tanh)

    def both() -> Any:
        x.grad = y.grad = None
        out = program(operation, x, y, tanh)
        out.backward(g)
        return [out, *(leaf.grad for leaf in (x, y) if leaf.grad is not None)]

    return both if backward else forward


small_op.lacks(
    "it compiles the chain into one operation", "compiled", "torch_compile", "jax", "tinygrad"
)
small_op.lacks("it has single numbers only", "micrograd")


@small_op.on("glassgrad")
def with_glassgrad(case: str, x: Any, y: Any, g: Any) -> Run:
    """Through operators and methods, as people write it."""
    import autograd as ag

    ag.capture_source(False).__enter__()
    x, y = (ag.tensor(a, requires_grad=True) for a in (x, y))
    return _with_leaves(case, x, y, ag.tensor(g), ag.tanh)


@small_op.on("torch")
def with_torch(case: str, x: Any, y: Any, g: Any) -> Run:
    """The same in PyTorch."""
    import torch

    x, y = (torch.tensor(a, requires_grad=True) for a in (x, y))
    return _with_leaves(case, x, y, torch.tensor(g), torch.tanh)


@small_op.on("hips")
def with_hips(case: str, x: Any, y: Any, g: Any) -> Run:
    """One trace around the whole program."""
    import autograd.numpy as anp

    from autograd import make_vjp

    operation, program, backward = _program(case)
    traced = make_vjp(lambda pair: program(operation, *pair, anp.tanh))

    def forward() -> Any:
        return traced((x, y))[1]

    def both() -> Any:
        pull, out = traced((x, y))
        gradients = pull(g)
        return [out, *(gradients if operation != "tanh" else gradients[:1])]

    return both if backward else forward


@small_op.on("numpy")
def with_numpy(case: str, x: Any, y: Any, g: Any) -> Run | None:
    """The bare calls."""
    operation, program, backward = _program(case)
    return None if backward else lambda: program(operation, x, y, np.tanh)


@small_op.on("mygrad")
def with_mygrad(case: str, x: Any, y: Any, g: Any) -> Run:
    """The gradient to start with enters through a product."""
    import mygrad as mg

    operation, program, backward = _program(case)
    x, y = mg.tensor(x), mg.tensor(y)

    def forward() -> Any:
        return program(operation, x, y, mg.tanh).data

    def both() -> Any:
        out = program(operation, x, y, mg.tanh)
        (out * g).sum().backward()
        return [out.data, *(leaf.grad for leaf in (x, y) if leaf.grad is not None)]

    return both if backward else forward
