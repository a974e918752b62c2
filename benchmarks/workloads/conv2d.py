"""One convolution, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Inputs, Run, workload


@workload(
    "A convolution of 32×16×28×28 with 32 kernels of 3×3 and a bias, float32: gradients of "
    "input, weight and bias.",
    Case("forward"),
    Case("forward and backward", at_most=1.6),
    rtol=1e-3,
    atol=1e-3,
)
def conv2d(rng: np.random.Generator) -> Inputs:
    """Input, weight, bias, and the gradient to start with."""
    shapes = {"x": (32, 16, 28, 28), "w": (32, 16, 3, 3), "b": (32,), "g": (32, 32, 26, 26)}
    return {
        name: rng.standard_normal(shape, dtype=np.float32) * (0.1 if name == "w" else 1)
        for name, shape in shapes.items()
    }


def _run(case: str, function: Any, leaves: list[Any], g: Any) -> Run:
    def forward() -> Any:
        return function(*leaves)

    def both() -> Any:
        for leaf in leaves:
            leaf.grad = None
        out = function(*leaves)
        out.backward(g)
        return [out, *(leaf.grad for leaf in leaves)]

    return forward if case == "forward" else both


conv2d.lacks("it has single numbers only", "micrograd")
conv2d.lacks("it has no convolution of this kind", "hips")


@conv2d.on("glassgrad")
def with_glassgrad(case: str, g: Any, **arrays: Any) -> Run:
    """`autograd.conv2d`."""
    import autograd as ag

    leaves = [ag.tensor(a, requires_grad=True) for a in arrays.values()]
    return _run(case, ag.conv2d, leaves, ag.tensor(g))


@conv2d.on("torch")
def with_torch(case: str, g: Any, **arrays: Any) -> Run:
    """`torch.nn.functional.conv2d`."""
    import torch

    leaves = [torch.tensor(a, requires_grad=True) for a in arrays.values()]
    return _run(case, torch.nn.functional.conv2d, leaves, torch.tensor(g))


@conv2d.on("torch_compile")
def with_torch_compile(case: str, g: Any, **arrays: Any) -> Run:
    """The same, compiled."""
    import torch

    leaves = [torch.tensor(a, requires_grad=True) for a in arrays.values()]
    compiled = torch.compile(lambda x, w, b: torch.nn.functional.conv2d(x, w, b))
    return _run(case, compiled, leaves, torch.tensor(g))


@conv2d.on("compiled")
def with_compiled(case: str, g: Any, **arrays: Any) -> Run | None:
    """`autograd.compile` of forward and backward."""
    return with_glassgrad(case, g, **arrays) if case != "forward" else None


@conv2d.on("jax")
def with_jax(case: str, g: Any, **arrays: Any) -> Run:
    """The pullback, compiled."""
    import jax

    from benchmarks.libraries import jax as library

    lib = library()
    conv = lambda x, w, b: lib.conv(x, w, b, 0)

    def both(leaves: Any, g: Any) -> Any:
        out, pull = jax.vjp(conv, *leaves)
        return [out, *pull(g)]

    compiled = jax.jit((lambda leaves, g: conv(*leaves)) if case == "forward" else both)
    leaves, slope = [lib.array(a) for a in arrays.values()], lib.array(g)
    return lambda: compiled(leaves, slope)


@conv2d.on("mygrad")
def with_mygrad(case: str, g: Any, **arrays: Any) -> Run:
    """Its own layer; the gradient to start with enters through a product."""
    import mygrad as mg

    from benchmarks.libraries import mygrad as library

    lib = library()
    leaves = [mg.tensor(a) for a in arrays.values()]

    def both() -> Any:
        out = lib.conv(*leaves, 0)
        (out * g).sum().backward()
        return [out.data, *(leaf.grad for leaf in leaves)]

    return (lambda: lib.conv(*leaves, 0).data) if case == "forward" else both


@conv2d.on("tinygrad")
def with_tinygrad(case: str, g: Any, **arrays: Any) -> Run:
    """Captured kernels; the gradient to start with enters through a product."""
    from tinygrad import Tensor, TinyJit

    x, w, b = (Tensor(a).realize() for a in arrays.values())
    slope = Tensor(g).realize()

    def both() -> Any:
        out = x.conv2d(w, b)
        found = [out, *(out * slope).sum().gradient(x, w, b)]
        Tensor.realize(*found)
        return found

    jit = TinyJit((lambda: x.conv2d(w, b).realize()) if case == "forward" else both)

    def run() -> Any:
        found = jit()
        _ = Tensor.numpy(found[-1] if isinstance(found, list) else found)  # wait for it
        return found

    return run
