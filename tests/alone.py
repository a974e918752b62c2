"""Run every operation in a process that has used no other one before.

    python tests/alone.py

Each one gets a forked child in which only the facade is imported, computes its first sample
there and differentiates it twice. Prints how many there were, and each that failed.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings

from support import function_of, leaves

import autograd as ag
from autograd.core.homes import HOMES
from autograd.core.primitive import REGISTRY, Draw


def differentiated_twice(name: str) -> None:
    """The first sample of an operation, forward and twice backward."""
    operation = REGISTRY[name]
    for call in operation.samples(Draw())[:1]:
        xs = leaves(call)
        gradients = slopes(function_of(operation, call)(*xs), xs)
        slopes(gradients, xs)


def slopes(result: ag.Tensor | tuple[ag.Tensor, ...], xs: list[ag.Tensor]) -> tuple[ag.Tensor, ...]:
    """The gradients of the sum of all, as far as there are any."""
    parts = result if isinstance(result, tuple) else (result,)
    smooth = [part for part in parts if isinstance(part, ag.Tensor) and part.requires_grad]
    if not smooth:
        return ()
    total = sum(part.sum() for part in smooth)
    found = ag.grad(total, xs, create_graph=True, allow_unused=True)
    return tuple(gradient for gradient in found if gradient is not None)


def works_alone(name: str) -> bool:
    """Whether a child that knows no other operation ends well."""
    child = os.fork()
    if child == 0:
        try:
            differentiated_twice(name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def main() -> None:
    """All of them."""
    warnings.simplefilter("error")
    loaded = [name for name in sys.modules if name.startswith("autograd.ops.")]
    assert loaded == ["autograd.ops.index", "autograd.ops.methods"], f"loaded before: {loaded}"
    failed = [name for name in sorted(HOMES) if not works_alone(name)]
    print(f"{len(HOMES)} operations, failed: {failed}")


if __name__ == "__main__":
    main()
