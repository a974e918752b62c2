"""Graphs of single numbers."""

from __future__ import annotations

from typing import Any

import autograd as ag
from gallery_pictures.entering import leaf, picture


@picture("The circuit f = (x + y)·z (lecture A1)")
def circuit() -> Any:
    x, y, z = leaf(-2, "x"), leaf(5, "y"), leaf(-4, "z")
    q = x + y
    f = q * z
    f.backward()
    return f.graph()


@picture("Before the backward pass")
def circuit_before() -> Any:
    x, y, z = leaf(-2, "x"), leaf(5, "y"), leaf(-4, "z")
    q = x + y
    f = q * z
    return f.graph()


@picture("Both passes, played: the SVG moves by itself, unless the system asks for less motion")
def circuit_moving() -> Any:
    return circuit()


@picture("The backward pass only, from top to bottom")
def circuit_backward() -> Any:
    x, y, z = leaf(-2, "x"), leaf(5, "y"), leaf(-4, "z")
    q = x + y
    f = q * z
    return f.graph(gradients="only", direction="TB")


@picture("A neuron: y = tanh(w₁x₁ + w₂x₂ + b) (lecture B2)")
def neuron() -> Any:
    x1, x2 = leaf(1, "x1", False), leaf(-2, "x2", False)
    w1, w2, b = leaf(0.5, "w1"), leaf(-0.3, "w2"), leaf(0.1, "b")
    net = x1 * w1 + x2 * w2 + b
    y = ag.tanh(net)
    return y.graph(gradients=True)


@picture("A second derivative: d²/dx² of x³, by differentiating the backward pass")
def second_derivative() -> Any:
    x = leaf(2, "x")
    f = x**3
    return f.graph(wrt=x)
