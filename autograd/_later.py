"""What is loaded when it is first asked for: transforms, the compiler, pictures, the stepper."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from autograd.core.tensor import Tensor
from autograd.ops.methods import Later

HOMES = {
    "Compiled": "autograd.compiler.compiled",
    "compile": "autograd.compiler.front",
    "derive": "autograd.compiler.front",
    "GradientCheckError": "autograd.checking",
    "gradcheck": "autograd.checking",
    "gradgradcheck": "autograd.checking",
    "allclose": "autograd.ops.truth",
    "equal": "autograd.ops.truth",
    "as_tensor": "autograd.ops.sharing",
    "from_numpy": "autograd.ops.sharing",
    "recompute": "autograd.recomputing",
    "hessian": "autograd.transforms",
    "hvp": "autograd.transforms",
    "jacobian": "autograd.transforms",
    "jvp": "autograd.transforms",
    "value_and_grad": "autograd.transforms",
    "vhp": "autograd.transforms",
    "vjp": "autograd.transforms",
    "Comparison": "autograd.stepper.comparison.result",
    "compare": "autograd.stepper.comparing",
    "LayoutError": "autograd.draw.layout",
    "Picture": "autograd.draw.picture",
    "Step": "autograd.stepper.step",
    "Stepper": "autograd.stepper.stepper",
    "Tape": "autograd.stepper.tape",
    "record": "autograd.stepper.tape",
    "steps": "autograd.stepper.stepper",
}
"""Names of the facade, and the modules that define them."""

PACKAGES = {"plot": "autograd.plot"}
"""Names of the facade that are packages themselves."""

METHODS = {"graph": "autograd.draw.picture", "step_through": "autograd.stepper.stepper"}
"""Methods of `Tensor`, and the modules that define them."""


def announce() -> None:
    """Give `Tensor` the methods that are loaded later."""
    for name in METHODS:
        setattr(Tensor, name, Later(name, partial(_method, name)))


def _method(name: str) -> Any:
    return getattr(import_module(METHODS[name]), name)


def near(name: str, known: list[str]) -> list[str]:
    """Known names that look like one that does not exist."""
    found: list[str] = import_module("difflib").get_close_matches(name, known)
    return found


def load(name: str) -> Any:
    """What a name of the facade stands for, from its home."""
    if name in PACKAGES:
        return import_module(PACKAGES[name])
    return getattr(import_module(HOMES[name]), name)
