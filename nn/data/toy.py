"""Generated data: points in the plane, waves, and sequences to remember; same seed, same bits.

Each function takes `rng`, a generator or a seed; without it the generator of
`autograd.manual_seed` is used. Floats are of the default dtype, labels and symbols int64.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import autograd as ag


class Examples(NamedTuple):
    """Inputs and targets, one row of each per example; a tuple of arrays.

    Attributes:
        inputs: what a model is shown.
        targets: what it is to answer.
    """

    inputs: Any
    targets: Any


def spirals(
    n: int = 300, classes: int = 3, *, noise: float = 0.2, turns: float = 0.75, rng: Any = None
) -> Examples:
    """Points on interleaved spiral arms, one arm per class, as equal in number as may be.

    Args:
        n: how many points.
        classes: how many arms.
        noise: the standard deviation of the angle, in radians.
        turns: how far an arm winds about the origin.
        rng: see the module.

    Returns:
        Points of shape (n, 2) within the unit circle, and labels of shape (n,).

    >>> points, labels = spirals(6, classes=2, rng=0)
    >>> points.shape, labels
    ((6, 2), array([0, 1, 0, 1, 0, 1]))
    """
    draw = _checked("spirals", n, classes, rng=rng)
    labels = np.arange(n) % classes
    radius = (np.arange(n) // classes + 1) / (-(-n // classes))
    angle = 2 * np.pi * (turns * radius + labels / classes) + noise * draw.standard_normal(n)
    return Examples(_floats(radius * np.stack([np.sin(angle), np.cos(angle)])).T, labels)


def moons(n: int = 200, *, noise: float = 0.1, rng: Any = None) -> Examples:
    """Two half circles that reach into each other.

    Args:
        n: how many points; half of them are of each class.
        noise: the standard deviation of both coordinates.
        rng: see the module.

    Returns:
        Points of shape (n, 2) and labels of shape (n,).
    """
    draw = _checked("moons", n, rng=rng)
    labels = np.arange(n) % 2
    angle = draw.uniform(0, np.pi, n)
    side = 1 - 2 * labels
    points = np.stack([labels + side * np.cos(angle), side * np.sin(angle) + labels / 2], axis=1)
    return Examples(_floats(points + noise * draw.standard_normal((n, 2))), labels)


def circles(n: int = 200, *, noise: float = 0.05, factor: float = 0.5, rng: Any = None) -> Examples:
    """A circle (class 0) around a smaller one (class 1): no line separates them.

    Args:
        n: how many points; half of them are of each class.
        noise: the standard deviation of both coordinates.
        factor: the inner radius; the outer one is 1.
        rng: see the module.

    Returns:
        Points of shape (n, 2) and labels of shape (n,).
    """
    draw = _checked("circles", n, rng=rng)
    labels = np.arange(n) % 2
    angle = draw.uniform(0, 2 * np.pi, n)
    radius = np.where(labels, factor, 1.0)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Examples(_floats(points + noise * draw.standard_normal((n, 2))), labels)


def sine_waves(
    n: int = 100,
    length: int = 50,
    *,
    period: tuple[float, float] = (10.0, 30.0),
    noise: float = 0.0,
    rng: Any = None,
) -> Examples:
    """Sine waves of random period and phase, each with its own next values as the target.

    Args:
        n: how many waves.
        length: samples of each.
        period: the shortest and the longest, in samples.
        noise: the standard deviation of what is added to each sample.
        rng: see the module.

    Returns:
        Inputs and targets of shape (n, length, 1): ``targets[:, t]`` is ``inputs[:, t + 1]``.
    """
    draw = _checked("sine_waves", n, length, rng=rng)
    frequency, phase = 1 / draw.uniform(*period, (n, 1)), draw.uniform(0, 1, (n, 1))
    waves = np.sin(2 * np.pi * (frequency * np.arange(length + 1) + phase))
    waves = _floats(waves + noise * draw.standard_normal(waves.shape))[..., None]
    return Examples(waves[:, :-1], waves[:, 1:])


def copy_task(
    n: int = 1000, length: int = 10, *, delay: int = 0, symbols: int = 8, rng: Any = None
) -> Examples:
    """Symbols to remember and to say again when asked (Hochreiter and Schmidhuber 1997).

    An input is `length` symbols from 1 to `symbols`, `delay` blanks (0), the sign
    ``symbols + 1`` that asks for the answer, and `length` blanks more; the target is blank
    until then, and the symbols after it. A model needs ``symbols + 2`` inputs.

    Returns:
        Inputs and targets, integers of shape (n, 2·length + delay + 1).

    >>> inputs, targets = copy_task(1, length=3, delay=1, symbols=2, rng=0)
    >>> inputs[0].tolist(), targets[0].tolist()
    ([2, 2, 2, 0, 3, 0, 0, 0], [0, 0, 0, 0, 0, 2, 2, 2])
    """
    return _recall("copy_task", n, length, delay, symbols, rng, 1)


def reverse_task(
    n: int = 1000, length: int = 10, *, delay: int = 0, symbols: int = 8, rng: Any = None
) -> Examples:
    """As `copy_task`, with the answer in reverse order (Sutskever et al. 2014 use the trick)."""
    return _recall("reverse_task", n, length, delay, symbols, rng, -1)


def addition_task(n: int = 1000, length: int = 50, *, rng: Any = None) -> Examples:
    """Two marked numbers in a long row to add (the adding problem, Hochreiter et al. 1997).

    Returns:
        Inputs of shape (n, length, 2), a number from U(0, 1) and a mark, 1 at one place in
        either half and 0 elsewhere; and the sums of the two, shape (n, 1). To answer 1
        always gives a mean squared error of 1/6.
    """
    draw = _checked("addition_task", n, length - 1, rng=rng)
    numbers, marks, rows = draw.random((n, length)), np.zeros((n, length)), np.arange(n)
    marks[rows, draw.integers(0, length // 2, n)] = 1
    marks[rows, draw.integers(length // 2, length, n)] = 1
    sums = (numbers * marks).sum(axis=1, keepdims=True)
    return Examples(_floats(np.stack([numbers, marks], axis=2)), _floats(sums))


def _recall(
    name: str, n: int, length: int, delay: int, symbols: int, rng: Any, direction: int
) -> Examples:
    draw = _checked(name, n, length, symbols, delay + 1, rng=rng)
    said = draw.integers(1, symbols + 1, (n, length))
    inputs = np.zeros((n, 2 * length + delay + 1), dtype=np.int64)
    targets = np.zeros_like(inputs)
    inputs[:, :length], inputs[:, length + delay] = said, symbols + 1
    targets[:, -length:] = said[:, ::direction]
    return Examples(inputs, targets)


def _checked(name: str, *counts: int, rng: Any) -> np.random.Generator:
    if any(isinstance(c, bool) or not isinstance(c, (int, np.integer)) for c in counts):
        raise ag.ArgumentError(f"{name}: sizes are whole numbers.")
    if min(counts) < 1:
        raise ag.RangeError(f"{name}: sizes are at least 1 (a delay 0, addition's length 2).")
    return ag.generator(rng)


def _floats(values: Any) -> Any:
    return values.astype(ag.get_default_dtype())
