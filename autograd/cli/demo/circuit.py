"""The circuit f = (x + y)·z at x = −2, y = 5, z = −4 (lecture A1): drawn, and stepped through."""

from __future__ import annotations

from pathlib import Path

import autograd as ag


def circuit() -> tuple[ag.Tensor, ag.Tensor, ag.Tensor, ag.Tensor]:
    """Build the circuit; the inputs x, y, z and the output f."""
    x = ag.tensor(-2.0, requires_grad=True, name="x")
    y = ag.tensor(5.0, requires_grad=True, name="y")
    z = ag.tensor(-4.0, requires_grad=True, name="z")
    q = x + y
    f = q * z
    return x, y, z, f


def show_circuit(folder: Path) -> None:
    """Print the value and the gradients; write circuit.svg and circuit.html."""
    x, y, z, f = circuit()
    f.backward()
    print("A circuit: f = (x + y)·z at x = −2, y = 5, z = −4")
    print(f"  forward:  f = {f.item():g}")
    for name, leaf in [("x", x), ("y", y), ("z", z)]:
        print(f"  backward: ∂f/∂{name} = {leaf.grad:g}")
    f.graph().save(folder / "circuit.svg")
    f.step_through().save(folder / "circuit.html")
    print("  wrote circuit.svg and circuit.html\n")
